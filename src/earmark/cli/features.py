"""`earmark features`: any representation of one file, as an array, a picture or a table."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from earmark.cli.feature_options import feature_of
from earmark.cli.feature_pictures import picture_of
from earmark.cli.messages import complain, printable, say
from earmark.features import Array, LogMel
from earmark.features.log_mel_image import write_log_mel_image
from earmark.features.texture import Texture
from earmark.sources import kind_of, load_feature

_FROM = {"audio": "sound", "log-mel": "a stored log-mel", "image": "a picture of a spectrogram"}


def run(file: Path, *, name: str, settings: list[str], out: Path) -> None:
    """Compute, write, and say what was written; ends the process with the exit code."""
    feature: Any = feature_of(name, settings)
    suffix = out.suffix.lower()
    if suffix not in (".npy", ".png", ".csv"):
        complain(f"--out {out}: must end in .npy (an array), .png (a picture) or .csv (a table)")
        sys.exit(2)
    if suffix == ".csv" and not isinstance(feature, Texture):
        complain(f"--out {out}: the numbers of {name} have no names; write .npy")
        sys.exit(2)
    if _is_same(file, out):
        complain(f"--out {out}: is the file that is read")
        sys.exit(2)
    kind = kind_of(file)
    try:
        with _replacing(out) as part:
            array = load_feature(file, kind, feature)
            if suffix == ".npy":
                np.save(part, array, allow_pickle=False)
            elif suffix == ".csv":
                _write_table(part, array, feature)
            else:
                _write_picture(part, array, feature)
    except OSError as error:
        complain(f"{out}: cannot be written: {error.strerror or error}")
        sys.exit(1)
    shape = " × ".join(map(str, array.shape))
    say(
        f"{printable(out)}: {name} from {_FROM[kind]}, {shape}, "
        f"values {array.min():.4g} to {array.max():.4g}"
    )


def _write_table(path: Path, array: Array, feature: Texture) -> None:
    """A line per number: what it measures, of what, and the number."""
    entries = [(measure, entry) for measure, row in feature.table.items() for entry in row]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["measure", "entry", "value"])
        writer.writerows(
            (*names, f"{value:.7g}") for names, value in zip(entries, array, strict=True)
        )


def _write_picture(path: Path, array: Array, feature: Any) -> None:
    """The default log-mel as the image that data sets store; anything else in three colours.

    Grey of 8 bits and 128 rows is how stored log-mels are known, and nothing else may look so.
    """
    from PIL import Image

    if feature == LogMel():
        write_log_mel_image(path, array, range_db=feature.range_db)
    else:
        Image.fromarray(picture_of(array, feature)).convert("RGB").save(path, optimize=True)


def _is_same(file: Path, out: Path) -> bool:
    try:
        return file.samefile(out)
    except (OSError, ValueError):
        return False


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A new file beside `out` that takes its place once it is written; none if that fails."""
    part = out.with_name(f".earmark-{os.getpid()}{out.suffix.lower()}")
    part.open("xb").close()
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
