"""The commands of the studies and their options; what they do stands in `study.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_RECIPE = typer.Argument(help="A recipe (TOML) of any model.", show_default=False)
_DATA = typer.Option(
    metavar="NAME=DIR", help="The data set, and where it lies.", show_default=False
)
_SEEDS = typer.Option(min=1, metavar="N", help="Seeds, each with folds of its own; 1 if none.")
_RUNS = typer.Option(metavar="DIR", help="Folder of all runs; runs/studies if none.")
_OUT = typer.Option(metavar="DIR", help="Where the results go; runs/studies if none.")
_THREADS = typer.Option(min=0, metavar="N", help="Processor threads; 0 takes all.")

study = typer.Typer(
    no_args_is_help=True,
    help="Which labels a model tells apart: every pair of them, or what is taken for what.",
)


@study.command()
def pairs(
    recipe: Annotated[Path, _RECIPE],
    data: Annotated[str, _DATA],
    labels: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,C", help="The labels of which pairs are made; all if none."),
    ] = None,
    seeds: Annotated[int | None, _SEEDS] = None,
    runs: Annotated[Path | None, _RUNS] = None,
    out: Annotated[Path | None, _OUT] = None,
    threads: Annotated[int, _THREADS] = 0,
) -> None:
    """Train a model for every two labels, and show how well each pair is told apart.

    Every track is judged once, by folds that no artist crosses. Writes JSON, Markdown, a page and a
    picture, beside what liu2017 prints of GTZAN's pairs. What is finished is not run again.

    Exit code 0: all went well. 1: a pair has too few tracks, and is left out. 2: wrong use.
    """
    from earmark.cli.study import run

    run(
        "pairs",
        recipe,
        data=data,
        labels=labels or [],
        seeds=seeds,
        runs=runs,
        out=out,
        threads=threads,
    )


@study.command()
def classes(
    recipe: Annotated[Path, _RECIPE],
    data: Annotated[str, _DATA],
    labels: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B,C",
            help="Labels to be told apart; once for each set. All of the data set if none, and "
            "liu2017's four and five of GTZAN.",
        ),
    ] = None,
    seeds: Annotated[int | None, _SEEDS] = None,
    runs: Annotated[Path | None, _RUNS] = None,
    out: Annotated[Path | None, _OUT] = None,
    threads: Annotated[int, _THREADS] = 0,
) -> None:
    """Train a model for each set of labels, and show what is taken for what.

    Every track is judged once, by folds that no artist crosses. Writes JSON, Markdown, a page and
    pictures, beside what liu2017 prints of GTZAN's genres. What is finished is not run again.

    Exit code 0: all went well. 1: a set has too few tracks, and is left out. 2: wrong use.
    """
    from earmark.cli.study import run

    run(
        "classes",
        recipe,
        data=data,
        labels=labels or [],
        seeds=seeds,
        runs=runs,
        out=out,
        threads=threads,
    )
