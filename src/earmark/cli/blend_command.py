"""The command `earmark blend` and its options; what it does stands in `blend.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Sides(StrEnum):
    """What the members of a blend learn from and are judged on."""

    OFFICIAL = "official"
    FOLDS = "folds"
    ALL = "all"


def blend(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="BLEND.toml", help="Names members and outputs.", show_default=False),
    ],
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=DIR",
            help="Where a data set of a member lies; once for each.",
            show_default=False,
        ),
    ],
    side: Annotated[
        Sides,
        typer.Option(
            help="Judge the official valid side, or five folds by artist; or learn from all, and "
            "take temperatures and metrics from the folds."
        ),
    ] = Sides.OFFICIAL,
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of all runs; runs/BLEND if none.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Where the bundle goes; into --runs if none."),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=0, metavar="N", help="Processor threads; 0 leaves it to the recipes.")
    ] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Trainings side by side, each on one thread or as many as --threads says; "
            "as many as the cores allow, 4 at most, if not given.",
        ),
    ] = None,
) -> None:
    """Train several models, pool what they say, and write one bundle; needs the extra `train`.

    What is finished is not trained again: stop it at any moment, and the same command goes on.
    """
    from earmark.cli.blend import run

    run(recipe, data=data, side=side.value, runs=runs, out=out, threads=threads, jobs=jobs)
