"""The two libraries that decode, behind one shape: mono blocks at the file's own rate.

libsndfile (through soundfile) comes first because it is fastest; FFmpeg (through PyAV) reads what
it cannot: AAC, WMA, WebM, the sound of videos.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.errors import UnreadableAudio

Array = NDArray[np.float32]

_BLOCK_SAMPLES = 1 << 19  # samples over all channels decoded at once: 2 MiB
_BLOCK_SECONDS = 12  # and no longer, so that low rates do not take more memory than high ones
_SALVAGED_FRAMES = 4096  # decoded at once where a file is damaged
_BARE_STREAMS = frozenset({"aac", "ac3", "eac3", "dts", "loas"})  # FFmpeg guesses their length


class Decoder(Protocol):
    """An opened file: rate in Hz, channels, length in frames where it is stated."""

    rate: int
    channels: int
    frames: int | None

    def blocks(self, start: int) -> Iterator[Array]:
        """Mono blocks from a frame on, up to the end or to where nothing more can be read."""

    def close(self) -> None:
        """Let go of the file."""


def open_decoder(path: Path) -> Decoder:
    """The decoder that reads a file.

    Raises:
        UnreadableAudio: none does.
    """
    try:
        decoder = _SoundFileDecoder(path)
        if not decoder.is_opus:
            return decoder
        decoder.close()  # FFmpeg decodes Opus in half the time
    except _NotDecodable:
        pass
    try:
        return _AvDecoder(path)
    except _NotDecodable as error:
        raise UnreadableAudio(str(error), path) from error


class _NotDecodable(Exception):
    """A decoder does not know the format; the message is for the user."""


@cache
def _sequential_sound_file() -> Any:
    """soundfile's class without its habit of seeking to where it is after every read.

    In an mp3 that costs time, and now and then some wrong samples: a frame may borrow from those
    before it, which are not decoded after a seek.
    """
    import soundfile

    class SequentialSoundFile(soundfile.SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            return False

    return SequentialSoundFile


class _SoundFileDecoder:
    """libsndfile: wav, flac, ogg, opus, mp3, aiff, au and more."""

    def __init__(self, path: Path) -> None:
        import soundfile

        # An absolute name: "-" would mean standard input. Bytes: names need not be UTF-8.
        name = os.path.abspath(path)  # noqa: PTH100  (Path.absolute keeps "..", and this is a name)
        self._name = name if os.name == "nt" else os.fsencode(name)
        self._error: type[Exception] = soundfile.LibsndfileError
        try:
            self._file = _sequential_sound_file()(self._name)
        except soundfile.LibsndfileError as error:
            raise _NotDecodable(str(error)) from error
        self.rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.is_opus = self._file.subtype == "OPUS"
        # numpy turns whole numbers into the same floats as libsndfile, in half the time.
        self._dtype, self._full_scale = (
            ("int16", 1 << 15) if self._file.subtype == "PCM_16" else ("float32", 1)
        )
        self.frames: int | None = int(self._file.frames)
        if self.frames <= 0 or self.frames >= 1 << 62:  # what libsndfile says when it cannot know
            self.frames = None

    def blocks(self, start: int) -> Iterator[Array]:
        """Mono blocks from a frame on, up to the end or the first damage."""
        size = min(_BLOCK_SAMPLES // self.channels, _BLOCK_SECONDS * self.rate)
        size = max(size, _SALVAGED_FRAMES)
        position = start
        try:
            if start or self._file.tell():
                self._file.seek(start)
            while len(block := self._file.read(size, dtype=self._dtype, always_2d=True)):
                position += len(block)
                yield _average(block.T, self._full_scale)
        except self._error:
            yield from self._salvage(position)

    def _salvage(self, start: int) -> Iterator[Array]:
        """Small blocks from a frame up to the damage: a read that meets it gives nothing at all."""
        try:
            with _sequential_sound_file()(self._name) as file:
                file.seek(start)
                while len(block := file.read(_SALVAGED_FRAMES, dtype=self._dtype, always_2d=True)):
                    yield _average(block.T, self._full_scale)
        except self._error:
            return  # what came before counts

    def close(self) -> None:
        self._file.close()


class _AvDecoder:
    """FFmpeg's demuxers and decoders: m4a, wma, webm, video and whatever else it knows."""

    def __init__(self, path: Path) -> None:
        import av

        # An open file, not a name: FFmpeg would take "a:b.mp3" for a protocol.
        self._container: Any
        self._stream: Any
        self._handle = path.open("rb")
        try:
            self._container = av.open(self._handle, metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError, UnicodeError) as error:
            self._handle.close()
            raise _NotDecodable("not audio, or damaged from the start") from error
        audio = self._container.streams.audio
        if not audio or audio[0].codec_context is None or not audio[0].rate:
            self.close()
            raise _NotDecodable(
                "not audio, or damaged from the start" if audio else "has no audio stream"
            )
        self._stream = audio[0]
        self.rate = int(self._stream.rate)
        self.channels = int(self._stream.channels)
        self.frames = self._stated_frames()
        self._at_start = True
        self._interleaver: Any = None

    def _stated_frames(self) -> int | None:
        if self._container.format.name in _BARE_STREAMS:
            return None
        if self._stream.duration:
            return int(self._stream.duration * self._stream.time_base * self.rate)
        if self._container.duration:
            return round(Fraction(self._container.duration, 1_000_000) * self.rate)
        return None

    def blocks(self, start: int) -> Iterator[Array]:
        """Mono blocks from a frame on; damaged packets are passed over."""
        import av

        stream = self._stream
        origin = (stream.start_time or 0) * stream.time_base
        if start or not self._at_start:  # to seek to the start would lose a packet of WebM
            try:
                offset = int((Fraction(start, self.rate) + origin) / stream.time_base)
                self._container.seek(offset, stream=stream, backward=True)
            except (av.FFmpegError, OSError):
                if start:  # some streams cannot be sought; from the start they need not be
                    return
        self._at_start = False
        gathered: list[Array] = []
        position: int | None = None
        for frame in self._frames():
            if position is None:
                time = Fraction(0) if frame.pts is None else frame.pts * stream.time_base - origin
                position = round(time * self.rate)
            mono = _mono(frame)
            late = max(0, start - position)
            position += len(mono)
            if late < len(mono):
                gathered.append(mono[late:])
            if sum(map(len, gathered)) * self.channels >= _BLOCK_SAMPLES:
                yield np.concatenate(gathered)
                gathered.clear()
        if gathered:
            yield np.concatenate(gathered)

    def _frames(self) -> Iterator[Any]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from map(self._readable, packet.decode())
            except av.InvalidDataError:
                continue
            except (av.FFmpegError, OSError):  # OSError: sent to a place that no file has
                return

    def _readable(self, frame: Any) -> Any:
        """The frame, interleaved where PyAV would read past the pointers of its planes.

        FFmpeg ends a frame's list of planes by a null only up to 7 of them (PyAV 18 crashes on 8).
        """
        if not frame.format.is_planar or frame.layout.nb_channels < 8:
            return frame
        if self._interleaver is None:
            import av

            self._interleaver = av.AudioResampler(format=frame.format.packed)
        return self._interleaver.resample(frame)[0]

    def close(self) -> None:
        self._container.close()
        self._handle.close()


def _mono(frame: Any) -> Array:
    """Average of the channels of a PyAV frame, full scale at ±1 [shape=(samples,)]."""
    data: NDArray[Any] = frame.to_ndarray()
    channels = frame.layout.nb_channels
    by_channel = data if frame.format.is_planar else data.reshape(-1, channels).T
    if data.dtype == np.uint8:
        by_channel = by_channel.astype(np.float32) / 128 - 1
    elif np.issubdtype(data.dtype, np.integer):
        by_channel = by_channel / np.float32(np.iinfo(data.dtype).max + 1)
    floats: Array = by_channel.astype(np.float32, copy=False)
    return _average(floats)


def _average(channels: NDArray[Any], full_scale: int = 1) -> Array:
    """Mean over channels [shape=(channels, samples)], full scale at ±1 → [shape=(samples,)].

    A sum channel by channel: numpy's mean over interleaved channels takes twenty times as long.
    `full_scale` is a power of two, and so nothing is lost by dividing late.
    """
    total: Array = channels[0]
    if len(channels) > 1:
        total = np.add(channels[0], channels[1], dtype=np.float32)
        for channel in channels[2:]:
            total += channel
    if len(channels) * full_scale > 1:
        total = np.multiply(total, np.float32(1 / (len(channels) * full_scale)), dtype=np.float32)
    return total
