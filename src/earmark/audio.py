"""Any audio file → mono float32 samples at a wanted rate. Nothing else in Earmark decodes.

Whichever library decodes, channels are averaged and soxr resamples, so that a piece sounds the same
to Earmark in every container. A long file is read in blocks and sought into; memory does not grow
with its length.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from earmark.decoders import open_decoder
from earmark.errors import UnreadableAudio

Array = NDArray[np.float32]

_STREAMED = 0x7FFFF000  # sizes from here on are written by programs that did not know the length
_OGG_PAGE = 65_307  # the largest
_OGG_END = 4  # the flag of a stream's last page
_RATES_HZ = (1_000, 1_000_000)


class AudioFile:
    """An opened audio file, read as mono float32 at any rate.

    Attributes:
        path: where it is.
        rate: its own sampling rate in Hz.
        channels: number of channels that are averaged.
        cut_short: whether the container promises more bytes than there are. Not every format lets
            one see this; `duration_seconds` against what can be read shows it in the others.

    Raises:
        UnreadableAudio: the file is missing, not audio, or in no format that can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_short = _check(path)
        self._decoder = open_decoder(path)
        self.rate = self._decoder.rate
        self.channels = self._decoder.channels
        if not _RATES_HZ[0] <= self.rate <= _RATES_HZ[1] or self.channels < 1:
            self.close()
            raise UnreadableAudio(f"states {self.rate} Hz and {self.channels} channels", path)

    @property
    def duration_seconds(self) -> float | None:
        """Length in seconds that the container states, if it does; a damaged file holds less."""
        frames = self._decoder.frames
        return None if frames is None else frames / self.rate

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._decoder.close()

    def read(
        self, *, rate: int, start_seconds: float = 0.0, duration_seconds: float | None = None
    ) -> Array:
        """A stretch of the file [shape=(samples,)], shorter where the file ends or breaks off.

        Args:
            rate: wanted sampling rate in Hz.
            start_seconds: where to begin; reached by seeking.
            duration_seconds: how much to read; None reads to the end.

        Raises:
            UnreadableAudio: samples are not finite numbers.
        """
        blocks = list(
            self.blocks(rate=rate, start_seconds=start_seconds, duration_seconds=duration_seconds)
        )
        return blocks[0] if len(blocks) == 1 else np.concatenate([*blocks, np.empty(0, np.float32)])

    def blocks(
        self, *, rate: int, start_seconds: float = 0.0, duration_seconds: float | None = None
    ) -> Iterator[Array]:
        """The same stretch in blocks of some seconds, for files of any length.

        Raises:
            UnreadableAudio: samples are not finite numbers.
        """
        start = round(start_seconds * self.rate)
        count = None if duration_seconds is None else round(duration_seconds * self.rate)
        native = _first(self._decoder.blocks(start), count)
        if rate != self.rate:
            native = resampled(native, self.rate, rate)
        for block in native:
            if not np.isfinite(block.sum()):
                raise UnreadableAudio("holds samples that are not finite numbers", self.path)
            yield block


def load_audio(
    path: Path | str,
    *,
    rate: int = 22050,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
) -> Array:
    """Mono samples of a file at a wanted rate [shape=(samples,)], full scale at ±1.

    Args:
        path: any audio file, or a video with sound.
        rate: wanted sampling rate in Hz.
        start_seconds: where to begin.
        duration_seconds: how much to read; None reads to the end.

    Raises:
        UnreadableAudio: the file cannot be opened or decoded; the message says why.

    Example:
        >>> from earmark import load_audio
        >>> waveform = load_audio("examples/album/01 Twelve Bars Late.opus", duration_seconds=5)
    """
    with AudioFile(Path(path)) as file:
        return file.read(rate=rate, start_seconds=start_seconds, duration_seconds=duration_seconds)


def _check(path: Path) -> bool:
    """Say in plain words why a path cannot be opened, before a decoder says it in its own.

    Returns:
        Whether its container promises more bytes than there are.
    """
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise UnreadableAudio("is not a regular file", path)  # opening a pipe would wait
        with path.open("rb") as file:
            if status.st_size == 0:
                raise UnreadableAudio("is empty", path)
            return _is_cut_short(file, status.st_size)
    except (OSError, ValueError) as error:
        if os.path.isdir(path):  # noqa: PTH112  (Path.is_dir raises on names that are too long)
            reason = (
                "is a folder, not a file"
                if _may_be_listed(path)
                else ("is a folder that may not be read")
            )
        elif isinstance(error, FileNotFoundError):
            reason = "broken link" if path.is_symlink() else "no such file"
        else:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnreadableAudio(reason, path) from None


def _may_be_listed(folder: Path) -> bool:
    try:
        with os.scandir(folder):
            return True
    except OSError:
        return False


def _is_cut_short(file: BinaryIO, size: int) -> bool:
    """Whether a RIFF, IFF or AU file is shorter than it says, or an Ogg file has no end."""
    head = file.read(12)
    if head[:4] in (b"RIFF", b"FORM"):
        promised = int.from_bytes(head[4:8], "little" if head[:4] == b"RIFF" else "big")
        return promised < _STREAMED and promised + 8 > size
    if head[:4] == b".snd":
        promised = int.from_bytes(head[8:], "big")
        return promised < _STREAMED and promised + int.from_bytes(head[4:8], "big") > size
    if head[:4] == b"OggS":
        file.seek(max(0, size - _OGG_PAGE))
        tail = file.read()
        last = tail.rfind(b"OggS")
        return last < 0 or not tail[last + 5 : last + 6] or not tail[last + 5] & _OGG_END
    return False


def _first(blocks: Iterator[Array], count: int | None) -> Iterator[Array]:
    """The first `count` samples of blocks, without decoding beyond them; all where it is None."""
    left = count
    for block in blocks:
        if left is None:
            yield block
            continue
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


def resampled(blocks: Iterator[Array], rate: int, wanted: int) -> Iterator[Array]:
    """Blocks at another rate; the same samples as resampling everything at once."""
    import soxr

    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")
    for block in blocks:
        resampled = stream.resample_chunk(np.ascontiguousarray(block))
        if len(resampled):
            yield resampled
    rest = stream.resample_chunk(np.empty(0, np.float32), last=True)
    if len(rest):
        yield rest
