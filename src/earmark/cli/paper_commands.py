"""The command that runs the papers, and its options; what it does stands in `reproduce.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Protocol(StrEnum):
    """How tracks are divided."""

    NAIVE = "naive"
    LEAK_FREE = "leak-free"
    CONTROL = "control"


def reproduce(
    paper: Annotated[
        str | None,
        typer.Argument(
            help="duthoit2018, yu2018, cox2021, liu2017 or shah2016.", show_default=False
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIR",
            help="Where a data set lies; once for each. gtzan-mel-faulty joins gtzan-mel in the "
            "naive protocol.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM", help="This row of the paper's table; once for each."),
    ] = None,
    protocol: Annotated[
        Protocol | None,
        typer.Option(
            help="naive or leak-free, both if not said; or control: folds as large as the "
            "leak-free ones, but at random, which tells what the leak itself is worth.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="A few tracks and two epochs, in minutes: tries the code, the numbers mean "
            "nothing. Writes to runs/quick.",
        ),
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Seeds, each with splits of its own.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Instead of the paper's.")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of all runs; runs/papers if none.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the results go; docs/results if none.")
    ] = None,
    threads: Annotated[
        int, typer.Option(min=0, metavar="N", help="Processor threads; 0 takes all.")
    ] = 0,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="SYSTEM", help="Only print its recipe, for `earmark train`."),
    ] = None,
    gather: Annotated[
        bool,
        typer.Option("--gather", help="Only write docs/results.md and its figure."),
    ] = False,
) -> None:
    """Run a paper: its numbers, ours in its way, ours without the leak.

    What is finished is not run again: stop it at any moment, and the same command goes on. Results
    are written after each system.

    Exit code 0: all went well. 1: a system could not be run. 2: wrong use.
    """
    from earmark.cli import reproduce as command
    from earmark.papers.base import ways_of

    if gather:
        command.gather(out)
        return
    if paper is None:
        raise typer.BadParameter("name a paper, or --gather", param_hint="PAPER")
    if recipe is not None:
        command.print_recipe(paper, recipe, data or [])
        return
    command.run(
        paper,
        data=data or [],
        only=only or [],
        ways=ways_of(protocol.value if protocol else None),
        quick=quick,
        seeds=seeds,
        epochs=epochs,
        runs=runs,
        out=out,
        threads=threads,
    )
