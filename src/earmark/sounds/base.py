"""What every maker of sounds needs: shapes over time and over frequency, and a room around them.

Sounds are mono, at `RATE`; levels are arbitrary, since a log-mel is relative to its loudest
cell. Everything is drawn from the generator that a maker is given, so that a seed is a sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.features.base import Array

RATE = 22050
"""Samples per second of every sound: what the default log-mel takes."""

Random = np.random.Generator
Numbers = NDArray[np.floating[Any]]
Maker = Callable[[Random, float], Numbers]
"""A generator of random numbers and a length in seconds → a sound [shape=(samples,)]."""


def samples(seconds: float) -> int:
    """How many samples last so long."""
    return round(seconds * RATE)


def coloured(waveform: Numbers, gain: Callable[[Numbers], Numbers]) -> Numbers:
    """A sound of which each frequency in Hz is amplified as `gain` says."""
    size = 1 << (len(waveform) - 1).bit_length()  # a power of two is fast
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(waveform, size) * gain(frequencies), size)[: len(waveform)]


def noise(random: Random, seconds: float, *, slope_db: float = 0.0) -> Numbers:
    """Gaussian noise whose level changes by `slope_db` per octave above 20 Hz; white by default."""
    white = random.standard_normal(samples(seconds))
    power = slope_db / (20 * np.log10(2))
    return coloured(white, lambda hertz: (np.maximum(hertz, 20) / 1000) ** power)


def band(low: float, high: float) -> Callable[[Numbers], Numbers]:
    """A gain that falls by about 24 dB per octave beyond two frequencies in Hz."""
    return lambda hertz: 1 / ((1 + (low / np.maximum(hertz, 1)) ** 4) * (1 + (hertz / high) ** 4))


def wandering(random: Random, seconds: float, *, per_second: float) -> Numbers:
    """A smooth curve between 0 and 1 that takes a new turn so often [shape=(samples,)]."""
    knots = max(2, int(seconds * per_second) + 2)
    times = np.linspace(0, seconds, knots)
    return np.interp(np.arange(samples(seconds)) / RATE, times, random.random(knots))


def oscillation(hertz: Numbers | float, length: int, shape: str = "sine") -> Numbers:
    """A tone of a frequency that may change [shape=(length,)].

    Args:
        hertz: of each sample, or of all.
        length: in samples.
        shape: "sine", "square", "saw" or "triangle"; the last three as a naive oscillator has them.
    """
    cycles = np.cumsum(np.broadcast_to(np.asarray(hertz, np.float64), (length,))) / RATE
    if shape == "sine":
        return np.sin(2 * np.pi * cycles)
    phase = cycles % 1
    if shape == "square":
        return np.where(phase < 0.5, 1.0, -1.0)
    return 2 * phase - 1 if shape == "saw" else 4 * np.abs(phase - 0.5) - 1


def in_room(random: Random, dry: Numbers) -> Numbers:
    """The sound with an exponentially decaying tail of noise: a room of 0.1 to 1.5 s."""
    decay = random.uniform(0.1, 1.5)
    tail = noise(random, decay) * 10 ** (-3 * np.arange(samples(decay)) / samples(decay))
    share = random.uniform(0.05, 0.5) / np.sqrt(np.square(tail).sum())
    heard: Numbers = dry + share * convolved(dry, tail)
    return heard


def convolved(waveform: Numbers, response: Numbers) -> Numbers:
    """The sound through a filter with that impulse response, as long as it was."""
    size = 1 << (len(waveform) + len(response) - 1).bit_length()  # a power of two is fast
    spectrum = np.fft.rfft(waveform, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(waveform)]


def recorded(random: Random, waveform: Numbers) -> Array:
    """As a recording has it: something between it and the ear, and noise beneath.

    A smooth equalizer of ±10 dB, sometimes a telephone's or a codec's band, and a floor of noise 25
    to 90 dB below, so that nobody learns how clean a maker's sounds are.
    """
    points = np.geomspace(40, 11025, 6)
    levels = random.uniform(-10, 10, 6)
    top = 11025.0 if random.random() < 0.4 else random.uniform(3000, 11025)
    low = random.choice([5.0, 20.0, 60.0, 200.0])

    def gain(hertz: Numbers) -> Numbers:
        curve = 10 ** (np.interp(np.log(np.maximum(hertz, 1)), np.log(points), levels) / 20)
        shaped: Numbers = curve * band(float(low), top)(hertz)
        return shaped

    heard = coloured(waveform, gain)
    loudness = np.sqrt(np.square(heard).mean())
    floor = noise(random, len(heard) / RATE, slope_db=random.uniform(-6, 0))[: len(heard)]
    floor *= loudness * 10 ** (-random.uniform(25, 90) / 20) / np.sqrt(np.square(floor).mean())
    mixed = heard + floor
    return np.asarray(0.5 * mixed / np.abs(mixed).max(), np.float32)


def any_of(makers: Mapping[str, Maker]) -> Maker:
    """A maker that is one of several at random."""
    names = list(makers)
    return lambda random, seconds: makers[names[random.integers(len(names))]](random, seconds)
