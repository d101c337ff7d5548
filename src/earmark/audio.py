"""Any audio file → mono float32 samples at a wanted rate. Nothing else in Earmark decodes.

libsndfile (through soundfile) comes first because it is fastest; FFmpeg (through PyAV) reads what
it cannot: AAC, WMA, WebM, the sound of videos. Either way channels are averaged and soxr resamples,
so that a piece sounds the same to Earmark in every container. A long file is read in blocks and
sought into; memory does not grow with its length.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.errors import UnreadableAudio

Array = NDArray[np.float32]

AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .m4a .m4b .aac .alac .wma .aiff .aif .aifc .au .snd"
    " .caf .w64 .rf64 .webm .weba .mka .mkv .mp4 .m4v .mov .avi .wmv .asf .flv .ape .wv .tta .ac3"
    " .3gp .ts .mpg .mpeg".split()
)
"""Suffixes, in lower case, of the files that are tried when a folder is walked."""

_BLOCK_SAMPLES = 1 << 19  # samples over all channels decoded at once: 2 MiB
_BLOCK_SECONDS = 12  # and no longer, so that low rates do not take more memory than high ones
_SALVAGED_FRAMES = 4096  # decoded at once where a file is damaged
_STREAMED = 0x7FFFF000  # sizes from here on are written by programs that did not know the length
_OGG_PAGE = 65_307  # the largest
_OGG_END = 4  # the flag of a stream's last page
_RATES_HZ = (1_000, 1_000_000)
_BARE_STREAMS = frozenset({"aac", "ac3", "eac3", "dts", "loas"})  # FFmpeg guesses their length


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
        self._decoder = _open_decoder(path)
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
            native = _resampled(native, self.rate, rate)
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


class _Decoder(Protocol):
    rate: int
    channels: int
    frames: int | None

    def blocks(self, start: int) -> Iterator[Array]: ...

    def close(self) -> None: ...


def _open_decoder(path: Path) -> _Decoder:
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
        if path.is_dir():
            listable = os.access(path, os.R_OK | os.X_OK)
            reason = "is a folder, not a file" if listable else "is a folder that may not be read"
        elif isinstance(error, FileNotFoundError):
            reason = "broken link" if path.is_symlink() else "no such file"
        else:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnreadableAudio(reason, path) from None


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


class _NotDecodable(Exception):
    """A decoder does not know the format; the message is for the user."""


class _SoundFileDecoder:
    """libsndfile: wav, flac, ogg, opus, mp3, aiff, au and more."""

    def __init__(self, path: Path) -> None:
        import soundfile

        # An absolute name: "-" would mean standard input. Bytes: names need not be UTF-8.
        name = os.path.abspath(path)  # noqa: PTH100  (Path.absolute keeps "..", and this is a name)
        self._name = name if os.name == "nt" else os.fsencode(name)
        self._error: type[Exception] = soundfile.LibsndfileError
        try:
            self._file = soundfile.SoundFile(self._name)
        except soundfile.LibsndfileError as error:
            raise _NotDecodable(str(error)) from error
        self.rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.is_opus = self._file.subtype == "OPUS"
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
            while len(block := self._file.read(size, dtype="float32", always_2d=True)):
                position += len(block)
                yield _average(block.T)
        except self._error:
            yield from self._salvage(position)

    def _salvage(self, start: int) -> Iterator[Array]:
        """Small blocks from a frame up to the damage: a read that meets it gives nothing at all."""
        import soundfile

        try:
            with soundfile.SoundFile(self._name) as file:
                file.seek(start)
                while len(block := file.read(_SALVAGED_FRAMES, dtype="float32", always_2d=True)):
                    yield _average(block.T)
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
            raise _NotDecodable("has no audio stream" if not audio else "its codec is not known")
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


def _average(channels: Array) -> Array:
    """Mean over channels [shape=(channels, samples)] → [shape=(samples,)].

    A sum channel by channel: numpy's mean over interleaved channels takes twenty times as long.
    """
    total: Array = channels[0]
    if len(channels) > 1:
        total = channels[0] + channels[1]
        for channel in channels[2:]:
            total += channel
        total *= np.float32(1 / len(channels))
    return total


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


def _resampled(blocks: Iterator[Array], rate: int, wanted: int) -> Iterator[Array]:
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
