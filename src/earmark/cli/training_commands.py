"""The commands that train models and their options; what they do stands in their own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.formats import Accelerator, Sides


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
