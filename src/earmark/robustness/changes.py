"""What a model is tried with, by name: what files and players do to music, and worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from earmark.robustness import sound
from earmark.robustness.sound import Sound


@dataclass(frozen=True)
class Change:
    """Something that is done to sound.

    Attributes:
        name: what it is called in reports.
        make: the changed sound, or None where the sound is too short for it; None: it is as it was.
        everyday: whether music meets it all the time, so that an answer should not depend on it.
        by_chance: whether `make` takes a generator of random numbers, too, as `rng`.
        write: writes it to a file, which is then judged; None: the samples are.
    """

    name: str
    make: Callable[..., Sound | None] | None = None
    everyday: bool = False
    by_chance: bool = False
    write: Callable[[Sound, Path], None] | None = None


def _gain(decibels: float, guard: bool = False) -> Change:
    words = ", no clipping" if guard else ", clipped" if decibels > 0 else ""
    make = partial(sound.amplified, decibels=decibels, guard=guard)
    return Change(f"gain {decibels:+g} dB{words}", make, everyday=True)


def _mp3(kilobits: int) -> Change:
    write = partial(sound.write_mp3, kilobits=kilobits)
    return Change(f"mp3 {kilobits} kbit/s", everyday=kilobits >= 128, write=write)


def _rate(rate: int) -> Change:
    return Change(f"rate {rate / 1000:g} kHz", partial(sound.resampled, rate=rate), everyday=True)


def _high_pass(hertz: float) -> Change:
    return Change(f"high-pass {hertz:g} Hz", partial(sound.high_passed, hertz=hertz), everyday=True)


def _pitch(semitones: float) -> Change:
    return Change(f"pitch {semitones:+g} semitone", partial(sound.shifted, semitones=semitones))


def _tempo(percent: float) -> Change:
    return Change(f"tempo {percent:+g} %", partial(sound.stretched, tempo=1 + percent / 100))


def _length(seconds: float) -> Change:
    return Change(f"length {seconds:g} s", partial(sound.middle, seconds=seconds))


WAV = Change("wav 16 bit", everyday=True, write=sound.write_wav)
MP3S = tuple(map(_mp3, (64, 96, 128, 192, 320)))

CHANGES: tuple[Change, ...] = (
    *map(_gain, (-20, -10, -6)),
    _gain(6, guard=True),
    *map(_gain, (3, 6)),
    WAV,
    *MP3S,
    *map(_rate, (16000, 24000, 32000, 44100, 48000)),
    *map(_high_pass, (20, 60)),
    *map(_pitch, (-1, 1)),
    *map(_tempo, (-5, 5)),
    Change("telephone band", sound.telephoned),
    Change("white noise, 10 dB", partial(sound.noisy, decibels=10), by_chance=True),
    Change("equalizer, ±6 dB", partial(sound.equalized, decibels=6), by_chance=True),
    *map(_length, (5, 10, 15, 20)),
)
"""All of them, in the order of reports."""
