"""The command about a bundle's memory and its options; what it does stands in `remember.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def remember(
    bundle: Annotated[Path, typer.Argument(help="Folder of a trained model.", show_default=False)],
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=DIR",
            help="Music to remember, such as what the model learnt from; once for each data set.",
            show_default=False,
        ),
    ],
    features: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where features are stored; runs/features if none."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sounds that are made.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Write what the memory is worth there, too."),
    ] = None,
) -> None:
    """Add a memory to a bundle: what its music sounds like, and what is no music.

    With it, tags say "unknown" of noise, speech, tones, applause and music unlike all of it, and
    tracks that sound alike are found. Sounds that are no music are made; others are made to judge
    by, and speech is judged where espeak-ng and flite are installed.

    Exit code 0: added. 1: something could not be read, made or written. 2: wrong use.
    """
    from earmark.cli.remember import run

    run(bundle, data=data, features=features, seed=seed, out=out)
