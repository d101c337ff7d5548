"""The commands that judge and compare models, and their options; what they do stands elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.formats import ComparisonFormat, ReportFormat


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
