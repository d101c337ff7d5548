"""Note names, chord symbols, and the voicings in which the players take them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

STEP_NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

QUALITIES = {
    "": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "sus4": (0, 5, 7), "sus2": (0, 2, 7),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11), "add9": (0, 2, 4, 7), "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14), "maj9": (0, 4, 7, 11, 14), "13": (0, 4, 10, 14, 21),
    "7b9": (0, 4, 7, 10, 13), "7#9": (0, 4, 7, 10, 15), "7sus4": (0, 5, 7, 10),
    "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "69": (0, 4, 7, 9, 14),
}  # fmt: skip


def pitch(name: str) -> int:
    """The MIDI number of a note such as C4 (60) or F#3."""
    match = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name)
    if match is None:
        raise ValueError(f"not a note name: {name!r}")
    step, sign, octave = match.groups()
    return STEP_NAMES[step] + {"#": 1, "b": -1, "": 0}[sign] + 12 * (int(octave) + 1)


@dataclass(frozen=True)
class Chord:
    """A chord symbol: its root and bass as pitch classes, its tones as intervals."""

    root: int
    tones: tuple[int, ...]
    bass: int

    @classmethod
    def parse(cls, symbol: str) -> Chord:
        """Read a symbol such as Bbmaj7 or C/E."""
        match = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/([A-G][#b]?))?", symbol)
        if match is None or match[2] not in QUALITIES:
            raise ValueError(f"not a chord symbol: {symbol!r}")
        root = pitch(match[1] + "0") % 12
        bass = pitch((match[3] or match[1]) + "0") % 12
        return cls(root, QUALITIES[match[2]], bass)


Voicing = Callable[[Chord], list[int]]


def at_least(low: int, pitch_class: int) -> int:
    """The lowest pitch of a pitch class that is not below `low`."""
    return low + (pitch_class - low) % 12


def close(low: int, *, rootless: bool = False) -> Voicing:
    """All tones within the octave above `low`, so that neighbouring chords lie near."""

    def voice(chord: Chord) -> list[int]:
        tones = chord.tones[1:] if rootless and len(chord.tones) > 3 else chord.tones
        return sorted({at_least(low, (chord.root + tone) % 12) for tone in tones})

    return voice


def spread(low: int) -> Voicing:
    """Bass, then the other tones an octave higher: open, for pads and ballad piano."""

    def voice(chord: Chord) -> list[int]:
        return [at_least(low, chord.bass), *close(low + 12)(chord)]

    return voice


def power(low: int) -> Voicing:
    """Root, fifth and octave."""

    def voice(chord: Chord) -> list[int]:
        root = at_least(low, chord.root)
        return [root, root + 7, root + 12]

    return voice


def guitar(low: int = 40, high: int = 66) -> Voicing:
    """A six-string shape: the bass, the fifth, then every tone of the octave above."""

    def voice(chord: Chord) -> list[int]:
        bass = at_least(low, chord.bass)
        classes = {(chord.root + tone) % 12 for tone in chord.tones}
        upper = [p for p in range(bass + 9, high + 1) if p % 12 in classes]
        fifth = [bass + 7] if (bass + 7) % 12 in classes else []
        return [bass, *fifth, *upper][:6]

    return voice


def stacked(low: int) -> Voicing:
    """A close chord and the same an octave up, for arpeggios."""

    def voice(chord: Chord) -> list[int]:
        tones = close(low)(chord)
        return [*tones, *(tone + 12 for tone in tones)]

    return voice


def degrees(low: int) -> Voicing:
    """The scale of the chord from its bass up, for lines written in digits 1 to 9."""

    def voice(chord: Chord) -> list[int]:
        root = at_least(low, chord.bass)
        if chord.bass != chord.root:
            return [root] * 9
        has = set(chord.tones)
        third = 3 if 3 in has else 4
        fifth = 6 if 6 in has else 7
        seventh = 10 if 10 in has else 11 if 11 in has else 9
        return [root + n for n in (0, 2, third, 5, fifth, 9, seventh, 12, 14)]

    return voice
