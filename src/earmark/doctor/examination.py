"""What a file turns out to be when all of it is read, by worker processes side by side.

Sound is read block by block at its own rate, so that memory does not grow with its length. Channels
are averaged when a file is decoded; what is said of level and clipping is said of their mean.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.audio import AudioFile, resampled
from earmark.crew import Crew, WorkerDied
from earmark.datasets import Kind, Track, fetch
from earmark.doctor.fingerprint import WORD_BITS, Fingerprint, no_fingerprint, take_fingerprint
from earmark.errors import EarmarkError, UnreadableFile
from earmark.features import LogMel
from earmark.sources import load_feature

Array = NDArray[np.float32]

_SILENT_RMS = 1e-3  # −60 dB of full scale
_FRAMES_PER_SECOND = 10  # for silence
_FULL_SCALE = 0.999
_RUN = 3  # samples at full scale in a row that no wave has by chance


@dataclass(frozen=True)
class Examination:
    """What reading a file showed; None for what does not apply to its kind.

    Attributes:
        error: why it could not be read; the rest is then unknown.
        content: SHA-256 of what is in it (samples or levels), whatever the container.
        fingerprint: what it sounds like [shape=(columns, WORD_BITS)]; empty where it is too short.
        seconds: how much sound could be decoded.
        stated_seconds: how much its container promises.
        cut_short: whether the container promises more bytes than there are.
        rate: its sampling rate in Hz.
        silent_seconds: how much of it is below −60 dB of full scale.
        silence: start and length in seconds of the longest such stretch.
        clipped: share of its samples that lie at full scale, three or more in a row.
        columns: width of an image.
        span_db: between the faintest and the loudest cell of an image.
    """

    error: str | None = None
    content: str | None = None
    fingerprint: Fingerprint = field(default_factory=no_fingerprint)
    seconds: float | None = None
    stated_seconds: float | None = None
    cut_short: bool = False
    rate: int | None = None
    silent_seconds: float = 0.0
    silence: tuple[float, float] = (0.0, 0.0)
    clipped: float = 0.0
    columns: int | None = None
    span_db: float | None = None


def examine_tracks(
    tracks: Sequence[tuple[Track, Kind]], *, jobs: int
) -> Generator[tuple[Track, Examination]]:
    """Read every file; tracks come in their order, each as soon as it is done.

    Raises:
        EarmarkError: worker processes cannot be started.
    """
    requests = [[str(track.path), kind, track.url] for track, kind in tracks]
    crew = Crew("earmark.doctor.examination:examining_job", {}, requests, jobs)
    with closing(crew.answers()) as answers:
        for (track, _), answer in zip(tracks, answers, strict=True):
            yield track, _from_answer(answer)


def examining_job() -> Callable[[tuple[str, Kind, str | None]], dict[str, Any]]:
    """What a worker does: path, kind and URL in, an examination out, as JSON can hold it."""

    def answer(request: tuple[str, Kind, str | None]) -> dict[str, Any]:
        path, kind, url = request
        found = asdict(examine(Track(id=path, path=Path(path), url=url), kind))
        found["fingerprint"] = base64.b64encode(found["fingerprint"].tobytes()).decode("ascii")
        return found

    return answer


def examine(track: Track, kind: Kind) -> Examination:
    """Read one track's file; whatever is wrong with it becomes its examination."""
    try:
        path = fetch(track)
        return _examine_audio(path) if kind == "audio" else _examine_image(path, kind)
    except UnreadableFile as error:
        return Examination(error=error.reason)
    except EarmarkError as error:
        return Examination(error=str(error))
    except (OSError, MemoryError, RuntimeError, ValueError, ArithmeticError) as error:
        # Decoders have their own ways to fail on odd files; none may stop the others.
        text = " ".join(str(error).split())
        return Examination(error=f"cannot be read: {type(error).__name__}: {text}")


def _from_answer(answer: dict[str, Any] | WorkerDied) -> Examination:
    if isinstance(answer, WorkerDied):
        return Examination(error=f"the process that read it died ({answer})")
    values = np.frombuffer(base64.b64decode(answer["fingerprint"]), np.int8)
    changed = {
        "fingerprint": values.reshape(-1, WORD_BITS),
        "silence": tuple(answer["silence"]),
    }
    return Examination(**{**answer, **changed})


def _examine_image(path: Path, kind: Kind) -> Examination:
    log_mel = load_feature(path, kind, LogMel())
    return Examination(
        content=hashlib.sha256(log_mel.tobytes()).hexdigest(),
        fingerprint=take_fingerprint(log_mel),
        columns=log_mel.shape[1],
        span_db=float(np.ptp(log_mel)),
    )


def _examine_audio(path: Path) -> Examination:
    with AudioFile(path) as file:
        meter = _Meter(file.rate)
        feature = LogMel()
        stream = feature.stream()
        blocks = meter.metered(file.blocks(rate=file.rate))
        if file.rate != feature.rate:
            blocks = resampled(blocks, file.rate, feature.rate)
        for block in blocks:
            stream.push(block)
        if not meter.samples:
            return Examination(error="no sound could be decoded")
        try:
            fingerprint = take_fingerprint(stream.finish())
        except ValueError:  # too short for a single column
            fingerprint = no_fingerprint()
        silent, silence = meter.silence()
        return Examination(
            content=meter.content.hexdigest(),
            fingerprint=fingerprint,
            seconds=meter.samples / file.rate,
            stated_seconds=file.duration_seconds,
            cut_short=file.cut_short,
            rate=file.rate,
            silent_seconds=silent,
            silence=silence,
            clipped=meter.clipped / meter.samples,
        )


class _Meter:
    """What samples show while they pass by in blocks, however they are cut.

    Attributes:
        samples: how many have passed.
        clipped: how many of them lie at full scale in a run of three or more.
        content: SHA-256 of the rate and of the samples in 16 bits.
    """

    def __init__(self, rate: int) -> None:
        self.samples = 0
        self.clipped = 0
        self.content = hashlib.sha256(f"{rate} Hz".encode())
        self._frame = max(1, rate // _FRAMES_PER_SECOND)
        self._frame_seconds = self._frame / rate
        self._rest = np.empty(0, np.float32)  # samples that do not fill a frame yet
        self._silent: list[NDArray[np.bool_]] = []  # by frame
        self._full = np.zeros(_RUN, np.bool_)  # whether the last samples were at full scale

    def metered(self, blocks: Iterator[Array]) -> Iterator[Array]:
        """The blocks as they are, once they are measured."""
        for block in blocks:
            self.samples += len(block)
            levels = np.rint(np.clip(block, -1, 1) * 32767).astype("<i2")
            self.content.update(levels.tobytes())
            self._measure_silence(block)
            self._measure_clipping(block)
            yield block

    def silence(self) -> tuple[float, tuple[float, float]]:
        """How many seconds are silent, and start and length of the longest stretch of them."""
        silent = np.concatenate([*self._silent, np.zeros(1, np.bool_)])
        edges = np.flatnonzero(np.diff(silent, prepend=False))
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            return 0.0, (0.0, 0.0)
        longest = int(np.argmax(ends - starts))
        stretch = starts[longest], ends[longest] - starts[longest]
        seconds = tuple(float(frames * self._frame_seconds) for frames in stretch)
        return float(silent.sum() * self._frame_seconds), (seconds[0], seconds[1])

    def _measure_silence(self, block: Array) -> None:
        samples = np.concatenate([self._rest, block])
        whole = len(samples) - len(samples) % self._frame
        frames = samples[:whole].reshape(-1, self._frame)
        self._silent.append(np.sqrt(np.square(frames).mean(axis=1)) < _SILENT_RMS)
        self._rest = samples[whole:]

    def _measure_clipping(self, block: Array) -> None:
        full = np.concatenate([self._full, np.abs(block) >= _FULL_SCALE])
        thrice = full[2:] & full[1:-1] & full[:-2]  # the first belongs to the block before
        begins = thrice[1:] & ~thrice[:-1]
        self.clipped += int(thrice[1:].sum()) + (_RUN - 1) * int(begins.sum())
        self._full = full[-_RUN:]
