"""`earmark features`: any representation of one file, as an array or a picture."""

from __future__ import annotations

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
from earmark.sources import kind_of, load_feature

_FROM = {"audio": "sound", "log-mel": "a stored log-mel", "image": "a picture of a spectrogram"}


def run(file: Path, *, name: str, settings: list[str], out: Path) -> None:
    """Compute, write, and say what was written; ends the process with the exit code."""
    feature = feature_of(name, settings)
    suffix = out.suffix.lower()
    if suffix not in (".npy", ".png"):
        complain(f"--out {out}: must end in .npy (an array) or .png (a picture)")
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
