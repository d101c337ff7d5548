"""The folder of a run: begun once, and the files in it whole at any moment."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from earmark.errors import BadRecipe, EarmarkError
from earmark.training.data import Sides
from earmark.training.recipe import Recipe, with_defaults

METRICS = "metrics.jsonl"
KEPT, LAST = "kept.ckpt", "last.ckpt"
"""Of networks: the weights that were kept, and what a training goes on from."""


def begin(run: Path, recipe: Recipe, sides: Sides, *, resume: bool) -> None:
    """Make the folder and write what is to be done, or make sure that it is what was begun there.

    Raises:
        BadRecipe: it holds another run, or one that is not to be resumed.
        EarmarkError: a file of it is damaged.
        OSError: it cannot be written.
    """
    settings = json.dumps(recipe.to_dict(), indent=2) + "\n"
    written = run / "recipe.json"
    tracks, split = run / "sides.json", json.dumps(sides.checksums(), indent=2) + "\n"
    if resume and written.is_file():
        try:
            old, new = json.loads(written.read_bytes()), json.loads(settings)
        except ValueError as error:
            raise EarmarkError(f"{written}: damaged: {error}") from error
        with suppress(BadRecipe):  # what is no recipe today differs in any case
            old = with_defaults(old)
        if old != new:
            changed = [key for key in new if old.get(key) != new[key]]
            raise BadRecipe(f"{run}: was begun with another recipe; changed: {', '.join(changed)}")
        if tracks.is_file() and tracks.read_text(encoding="utf-8") != split:
            raise BadRecipe(f"{run}: was begun with other tracks or another split")
        return
    if written.exists():
        raise BadRecipe(f"{run}: holds a run already; choose another --out, or --resume {run}")
    run.mkdir(parents=True, exist_ok=True)
    write_whole(tracks, split.encode())
    write_whole(written, settings.encode())


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that it is the old or the new one at any moment."""
    scratch = path.with_name(f"{path.name}.part")
    with scratch.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
