"""`earmark blend`: train the members of a blend, pool what they say, and write the bundle."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.cli.messages import complain, say
from earmark.cli.train import in_words
from earmark.crew import available_cores
from earmark.datasets import parse_data_option
from earmark.errors import BadDataset, BadRecipe, MissingExtra

if TYPE_CHECKING:
    from earmark.blending.sides import Side

_MOST_JOBS = 4  # unless more are asked for: each holds a data set and a network in memory


def run(
    path: Path,
    *,
    data: Sequence[str],
    side: Side,
    runs: Path | None,
    out: Path | None,
    threads: int,
    jobs: int | None,
) -> None:
    """Train, judge, write, and end the process with the exit code if it was interrupted."""
    from earmark.blending.recipe import read_blend

    blend = read_blend(path, threads=threads)
    folders = dict(parse_data_option(text) for text in data)
    if len(folders) < len(data):
        raise BadDataset("--data names a data set twice")
    if out is not None and side == "folds":
        raise BadRecipe(
            "--side folds trains no model for a bundle: leave --out out, or take --side all"
        )
    runs = runs or Path("runs") / path.stem
    workshop = _workshop(
        [voice.recipe.model.name for voice in blend.voices],
        blend=blend,
        folders=folders,
        runs=runs,
        jobs=jobs or min(_MOST_JOBS, max(1, available_cores() // max(1, threads))),
        extractors=available_cores(),
        say=say,
    )
    try:
        taught = workshop.teach(side)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on where it was")
        sys.exit(130)
    from earmark.blending.pooling import pool
    from earmark.blending.writing import Blended, write_blended, write_report

    pooled = {output.name: pool(blend, taught, output) for output in blend.outputs}
    blended = Blended(blend, side, taught, pooled, _command(path, blend.data, side))
    folder = runs / f"blend-{side}"
    report = write_report(blended, folder)
    written = [folder / "predictions.csv", folder / "blend.json"]
    if side != "folds":
        written.append(out or folder / "bundle")
        write_blended(blended, written[-1], workshop.log_mels)
    for name, about in report["outputs"].items():
        say(f"{name}: {in_words(about['blend'])}{_calibration(about['blend'])}")
    for made in written:
        print(made)  # noqa: T201  (the result, on stdout)


def _workshop(models: Sequence[str], **settings: Any) -> Any:
    try:
        # The tagger sets one thread for itself; training wants all.
        os.environ.pop("OPENBLAS_NUM_THREADS", None)
        from earmark.blending.training import Workshop
        from earmark.training.models import is_classical

        if sys.stderr.isatty() and not all(is_classical(name) for name in models):
            from earmark.cli.training_progress import training_progress

            settings["watch"] = training_progress
    except ImportError as error:
        raise MissingExtra(
            f"a blend needs the extra `train` ({error.name} is missing): "
            "pip install 'earmark[train]', or make dev in a clone"
        ) from error
    return Workshop(**settings)


def _calibration(summary: dict[str, Any]) -> str:
    error = summary["per_track"].get("calibration_error")
    return "" if error is None else f", calibration error {error:.3f}"


def _command(path: Path, data: Sequence[str], side: str) -> str:
    """The command that makes the blend; where its data lie is for its reader to say."""
    named = path.name if path.is_absolute() else path.as_posix()
    return " ".join(
        ["earmark blend", named, *(f"--data {name}=DIR" for name in data), f"--side {side}"]
    )
