"""The commands about tracks and their options; what they do stands in their own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.formats import ReportFormat, TagFormat


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


def explain(
    file: Annotated[Path, typer.Argument(help="An audio file.", show_default=False)],
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page with pictures and sound, too."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The question: an output of the model; genre if none."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The answer to be explained; the likeliest if none."),
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Explain the 30 s around here; the window that says the answer loudest if none.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Folder of a trained model; the built-in one if none."),
    ] = None,
    format: Annotated[ReportFormat, typer.Option(help="Lines to read, or JSON.")] = (
        ReportFormat.TABLE
    ),
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Judgements side by side; as many as cores."),
    ] = None,
) -> None:
    """Show which seconds and frequencies speak for an answer, and which against it.

    Parts of the spectrogram are deleted and the rest is judged, some two hundred times; what is
    named is tested against random deletions of the same sizes.

    Exit code 0: explained. 1: the file cannot be judged. 2: wrong use.
    """
    from earmark.cli.explain import run

    run(
        file,
        html=html,
        output=output,
        label=label,
        at_seconds=at,
        model=model,
        format=format,
        jobs=jobs,
    )
