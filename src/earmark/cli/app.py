"""The commands of `earmark` and their options; what each does stands in its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli import (
    blend_command,
    data_commands,
    memory_commands,
    paper_commands,
    series_commands,
    study_commands,
    track_commands,
)
from earmark.cli.formats import Accelerator, ComparisonFormat, ReportFormat, TagFormat

app = typer.Typer(
    name="earmark",
    help="Says what genre each track of a music folder has, offline, and how sure it is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"earmark {version('earmark')}")
        raise typer.Exit


@app.callback()
def earmark(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print version."),
    ] = False,
) -> None:
    """Says what genre each track of a music folder has, offline, and how sure it is."""


@app.command()
def tag(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Audio files, and folders to search for them. A named file is always tried.",
            show_default=False,
        ),
    ],
    format: Annotated[
        TagFormat, typer.Option(help="Rows to read, one JSON object per line, or CSV.")
    ] = TagFormat.TABLE,
    model: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Folder of a trained model; the built-in one if none."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Files judged side by side; as many as cores."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Judge all of each track, not three windows of 30 s.")
    ] = False,
    timeline: Annotated[
        bool,
        typer.Option(
            "--timeline", help="Judge every 5 seconds as well, and say where the music changes."
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows there, not to the screen.")
    ] = None,
) -> None:
    """Name the genre and mood of audio files, with probabilities.

    Exit code 0: every file was judged. 1: some could not be, or none was found. 2: wrong use.
    """
    from earmark.cli.tag import run

    run(paths, format=format, model=model, jobs=jobs, whole=whole, timeline=timeline, out=out)


@app.command()
def evaluate(
    data: Annotated[
        str,
        typer.Option(
            metavar="KIND=DIR",
            help="Labelled tracks: audio=DIR or log-mel=DIR (a folder per genre), or a data set's "
            "name and folder.",
            show_default=False,
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Folder of a trained model; the built-in one if none."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Judge a part: a side of the data set's own, a file with one track name per line, "
            "or a split (FILE.json) of which --side names the part.",
        ),
    ] = None,
    side: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --split FILE.json: train, fold-0, …")
    ] = None,
    output: Annotated[
        str, typer.Option(metavar="NAME", help="The question: an output of the model.")
    ] = "genre",
    unmet: Annotated[
        bool,
        typer.Option(
            "--unmet", help="Leave out what the model has learnt from, and all by its artists."
        ),
    ] = False,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Judge audio again after 30 changes: gain, mp3, rates, filters, pitch, tempo, "
            "noise, length. Some seconds a track.",
        ),
    ] = False,
    format: Annotated[ReportFormat, typer.Option(help="A report to read, or JSON.")] = (
        ReportFormat.TABLE
    ),
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write the report as a page with plots, too."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Files judged side by side; as many as cores."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report there.")
    ] = None,
) -> None:
    """Judge labelled tracks and report accuracy, with intervals.

    Exit code 0: every track was judged. 1: some could not be. 2: wrong use.
    """
    from earmark.cli.evaluate import run

    run(
        data,
        output=output,
        model=model,
        split=split,
        side_name=side,
        only_unmet=unmet,
        robustness=robustness,
        format=format,
        jobs=jobs,
        out=out,
        html=html,
    )


@app.command()
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of finished runs, or of their folds.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The question; the first that all answer if none."),
    ] = None,
    format: Annotated[
        ComparisonFormat, typer.Option(help="A table to read, Markdown, or JSON.")
    ] = ComparisonFormat.TABLE,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table there.")] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page with plots, too."),
    ] = None,
) -> None:
    """Set runs side by side, with intervals and paired tests.

    Two runs that judged the same tracks are held to McNemar's test.

    Exit code 0: written. 2: wrong use.
    """
    from earmark.cli.compare import run

    run(runs, output=output, format=format, out=out, html=html)


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML).", show_default=False)],
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=DIR",
            help="Where a data set of the recipe lies; once for each.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Folder of the run; runs/RECIPE-sSEED if none."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped.")
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where features are stored; runs/features if none."),
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sides of `earmark split`; the official ones if none."),
    ] = None,
    fold: Annotated[
        int | None, typer.Option(metavar="K", help="Of a split into folds, the one judged.")
    ] = None,
    accelerator: Annotated[
        Accelerator,
        typer.Option(help="Learn on processors, on graphics cards, or on what is best."),
    ] = Accelerator.AUTO,
    devices: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Processes that learn together, each on a device."),
    ] = 1,
    nodes: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Machines with as many devices each; give the command on all of them, with "
            "MASTER_ADDR, MASTER_PORT and NODE_RANK set.",
        ),
    ] = 1,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write what is measured for TensorBoard as well.")
    ] = False,
) -> None:
    """Train a model from a recipe; needs the extra `train`.

    Ctrl-C or a power cut loses one epoch at most: go on with --resume.
    """
    from earmark.cli.train import run

    run(
        recipe,
        data=data,
        out=out,
        settings=settings or [],
        resume=resume,
        features=features,
        split=split,
        fold=fold,
        accelerator=accelerator.value,
        devices=devices,
        nodes=nodes,
        tensorboard=tensorboard,
    )


for _command in (
    blend_command.blend,
    memory_commands.remember,
    data_commands.features,
    data_commands.extract,
    data_commands.merge,
    data_commands.datasets,
    data_commands.split,
    data_commands.doctor,
    data_commands.explore,
    series_commands.forecast,
    track_commands.explain,
    paper_commands.reproduce,
):
    app.command()(_command)
app.add_typer(study_commands.app, name="study")
