"""What is done to sound: FFmpeg's filters, codecs, and what takes a line of numpy.

Everything takes and gives a `Sound`, so that changes can follow each other.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

MP3_RATE = 44100
"""Rate at which mp3 is written: at half of it the format ends at 160 kbit/s."""

_BLOCK = 1 << 16
_FULL_SCALE = 1 << 15
_BUTTERWORTH = (0.541196100146197, 1.3065629648763766)  # Q of the two halves of fourth order
_EQUALIZED_HZ = (40.0, 11025.0)
_WAVES = 2  # over that range, at most


class Sound(NamedTuple):
    """A piece of mono sound.

    Attributes:
        samples: [shape=(samples,)], full scale at ±1.
        rate: in Hz.
    """

    samples: Array
    rate: int


def filtered(sound: Sound, *filters: tuple[str, str]) -> Sound:
    """The sound behind filters of FFmpeg, each a name and its settings as FFmpeg writes them."""
    import av

    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=sound.rate, format="flt", layout="mono", time_base=Fraction(1, sound.rate)
    )
    chain = [*filters, ("aformat", "sample_fmts=flt"), ("abuffersink", "")]
    graph.link_nodes(source, *(graph.add(*each) for each in chain)).configure()
    found: list[Array] = []
    for start in range(0, len(sound.samples), _BLOCK):
        graph.push(_frame(sound.samples[start : start + _BLOCK][None], sound.rate, start))
        found += _pulled(graph)
    graph.push(None)
    found += _pulled(graph)
    return Sound(np.concatenate(found), sound.rate)


def _pulled(graph: Any) -> list[Array]:
    """What a graph has ready."""
    import av

    ready: list[Array] = []
    while True:
        try:
            ready.append(graph.pull().to_ndarray()[0])
        except (av.BlockingIOError, av.EOFError):
            return ready


def _frame(channels: Array, rate: int, start: int) -> Any:
    """Samples [shape=(channels, samples)] of one or two equal channels, as PyAV has them."""
    import av

    mono = len(channels) == 1
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(channels, np.float32),
        format="flt" if mono else "fltp",
        layout="mono" if mono else "stereo",
    )
    frame.rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    return frame


def high_passed(sound: Sound, hertz: float) -> Sound:
    """Butterworth's high-pass of fourth order: 3 dB less at its frequency, 24 dB per octave."""
    return filtered(sound, *_halves("highpass", hertz))


def low_passed(sound: Sound, hertz: float) -> Sound:
    """The low-pass that goes with it."""
    return filtered(sound, *_halves("lowpass", hertz))


def _halves(kind: str, hertz: float) -> list[tuple[str, str]]:
    return [(kind, f"f={hertz}:width_type=q:w={q}:r=f64") for q in _BUTTERWORTH]


def telephoned(sound: Sound) -> Sound:
    """What a telephone leaves: 300 to 3400 Hz, at 8 kHz."""
    return resampled(low_passed(high_passed(sound, 300), 3400), 8000)


def stretched(sound: Sound, tempo: float) -> Sound:
    """The same pitch at another tempo, 1.05 being 5 % faster: FFmpeg's overlap and add (WSOLA)."""
    return filtered(sound, ("atempo", repr(tempo)))


def shifted(sound: Sound, semitones: float) -> Sound:
    """Another pitch at the same tempo: played faster or slower, and stretched back."""
    ratio = 2.0 ** (semitones / 12)
    faster = _resampled(sound.samples, sound.rate * ratio, sound.rate)
    return stretched(Sound(faster, sound.rate), 1 / ratio)


def resampled(sound: Sound, rate: int) -> Sound:
    """The sound at another rate, without what lies above half of it."""
    return Sound(_resampled(sound.samples, sound.rate, rate), rate)


def _resampled(samples: Array, rate: float, wanted: float) -> Array:
    import soxr

    changed: Array = soxr.resample(samples, rate, wanted, quality="HQ")
    return changed


def amplified(sound: Sound, decibels: float, *, guard: bool = False) -> Sound:
    """The sound louder or softer, in the 16 bits of a file.

    What goes beyond full scale is cut off or, with a guard, does not get there: the sound is
    amplified by as much as its loudest sample allows.
    """
    factor = 10.0 ** (decibels / 20)
    if guard:
        factor = min(factor, 1 / max(float(np.abs(sound.samples).max()), 1e-9))
    bits = np.round(sound.samples * (factor * _FULL_SCALE)).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return Sound((bits / _FULL_SCALE).astype(np.float32), sound.rate)


def noisy(sound: Sound, decibels: float, rng: np.random.Generator) -> Sound:
    """White noise added, as many decibels below the sound's mean power."""
    noise = rng.standard_normal(len(sound.samples), np.float32)
    power = float(np.mean(np.square(sound.samples, dtype=np.float64)))
    level = np.float32(np.sqrt(power) * 10.0 ** (-decibels / 20))
    return Sound(sound.samples + level * noise, sound.rate)


def equalized(sound: Sound, decibels: float, rng: np.random.Generator) -> Sound:
    """A smooth curve of gains, drawn anew for every sound, that reaches so many dB.

    Cosines of up to two waves over the logarithm of the frequency, from 40 Hz to 11 kHz and level
    beyond, with weights and phases at random, times what takes the largest to `decibels`. No phase
    is changed.
    """
    low, high = np.log(_EQUALIZED_HZ)

    def curve(place: NDArray[np.float64]) -> NDArray[np.float64]:
        waves = np.arange(1, 2 * _WAVES + 1) / 2
        return np.cos(2 * np.pi * place[:, None] * waves + phases) @ weights

    phases = rng.uniform(0, 2 * np.pi, 2 * _WAVES)
    weights = rng.standard_normal(2 * _WAVES)
    weights *= decibels / np.abs(curve(np.linspace(0, 1, 1000))).max()
    spectrum = np.fft.rfft(sound.samples)
    hertz = np.fft.rfftfreq(len(sound.samples), 1 / sound.rate)
    place = ((np.log(np.maximum(hertz, 1e-9)) - low) / (high - low)).clip(0, 1)
    spectrum *= 10.0 ** (curve(place) / 20)
    return Sound(np.fft.irfft(spectrum, len(sound.samples)).astype(np.float32), sound.rate)


def middle(sound: Sound, seconds: float) -> Sound | None:
    """So many seconds of its middle; None where it is no longer than that."""
    wanted = round(seconds * sound.rate)
    start = (len(sound.samples) - wanted) // 2
    return Sound(sound.samples[start:][:wanted], sound.rate) if start > 0 else None


def write_wav(sound: Sound, path: Path) -> None:
    """Write 16 bits."""
    import soundfile

    soundfile.write(path, sound.samples, sound.rate, format="WAV", subtype="PCM_16")


def write_mp3(sound: Sound, path: Path, kilobits: int) -> None:
    """Write mp3 at a constant bit rate: 44.1 kHz, two equal channels, by LAME.

    Each channel is coded for itself (no joint stereo), so that a bit rate means what it means for
    music whose channels have little in common.
    """
    import av

    samples = resampled(sound, MP3_RATE).samples
    with av.open(str(path), "w", format="mp3") as out:
        stream = out.add_stream(
            "libmp3lame", MP3_RATE, layout="stereo", options={"joint_stereo": "0"}
        )
        stream.bit_rate, stream.format = 1000 * kilobits, "fltp"
        for start in range(0, len(samples), _BLOCK):
            part = samples[start : start + _BLOCK]
            out.mux(stream.encode(_frame(np.stack([part, part]), MP3_RATE, start)))
        out.mux(stream.encode(None))
