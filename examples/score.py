"""A small text notation for General MIDI music, and the players that perform it.

A melody is a string of note names, durations and rests; a drum pattern is a row
of steps; an accompaniment is a list of chord symbols and a rhythm. The players
add what a page leaves out: accents, uneven timing and loudness, strums, bends.

    lead.play(0, "e A4 C5 q E5~ | h. D5 q r")      # bar lines are checked
    kit.beat(0, 4, 92, kick="x...x...", snare="..x...x.")
    keys.comp(0, "Am7 D7 | Gmaj7", "x-..o-..", close(57))
    bass.comp(0, "Am7 D7 | Gmaj7", "1-..5-1.", degrees(33))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypedDict, Unpack

from mido import Message, MetaMessage, MidiFile, MidiTrack, bpm2tempo

from chords import Chord, Voicing, pitch

PPQ = 480
LEAD = 0.25  # beats of silence first, so that no early note is cut
BEND_RANGE = 2.0  # semitones, the General MIDI default

# Beats for each duration letter; "." adds a half, "3" makes it one of a triplet.
LENGTHS = {"w": 4.0, "h": 2.0, "q": 1.0, "e": 0.5, "s": 0.25, "t": 0.125}
DURATION = re.compile(r"[whqest][.3]?(?:\+[whqest][.3]?)*")
NOTE = re.compile(r"([/^]?)([A-G](?:[#b])?-?\d(?:,[A-G][#b]?-?\d)*)([>'_~]*)")

DRUMS = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "snare2": 40, "low_tom": 43,
    "hat": 42, "pedal": 44, "mid_tom": 47, "open": 46, "high_tom": 50, "crash": 49,
    "ride": 51, "china": 52, "bell": 53, "tambourine": 54, "splash": 55,
    "cowbell": 56, "crash2": 57, "high_bongo": 60, "low_bongo": 61, "conga_mute": 62,
    "conga": 63, "low_conga": 64, "shaker": 70, "cabasa": 69, "floor_tom": 41,
    "scratch": 29, "scratch2": 30,
}  # fmt: skip

# Loudness added by each step letter: accent, plain, soft, ghost.
STEPS = {"X": 20, "x": 0, "o": -18, "g": -45}


@dataclass
class Note:
    """One note, in beats as written."""

    start: float
    length: float
    pitch: int
    velocity: float
    slide: float = 0.0  # begins this many semitones below and rises
    delay: float = 0.0  # seconds after the written time: strums and grace


class Manner(TypedDict, total=False):
    """What may be set of a part; the fields of Part say what they mean."""

    bank: int
    volume: int
    pan: int
    reverb: int
    chorus: int
    loose: float
    late: float
    touch: float
    strum: float


@dataclass
class Part:
    """One player: a MIDI channel, its sound and its manners."""

    score: Score
    channel: int
    program: int
    bank: int = 0
    volume: int = 100
    pan: int = 64
    reverb: int = 40
    chorus: int = 0
    loose: float = 7.0  # spread of the timing, milliseconds
    late: float = 0.0  # behind (or ahead of) the beat, milliseconds
    touch: float = 5.0  # spread of the velocity
    strum: float = 0.0  # milliseconds between the strings of a chord
    notes: list[Note] = field(default_factory=list)
    controls: list[tuple[float, int, int]] = field(default_factory=list)

    def _accent(self, start: float) -> float:
        place = start % self.score.beats
        if place == 0:
            return 5.0
        return 1.0 if place % 1 == 0 else -4.0

    def add(self, start: float, length: float, pitches: Sequence[int], velocity: float) -> None:
        """Add a chord (or one note), strummed down on the beat and up off it."""
        order = sorted(pitches, reverse=start % 1 == 0.5)
        for index, number in enumerate(order):
            delay = index * self.strum / 1000
            self.notes.append(Note(start, length, number, velocity, delay=delay))

    def play(
        self,
        bar: float,
        text: str,
        velocity: float | tuple[float, float] = 84,
        *,
        shift: int = 0,
        gate: float = 0.95,
    ) -> None:
        """Play a melody from a bar on; a pair of velocities makes a crescendo.

        A prefix bends into the note from a semitone (/) or a whole tone (^)
        below; a suffix accents (>), shortens ('), joins (_) or adds vibrato (~).
        """
        low, high = velocity if isinstance(velocity, tuple) else (velocity, velocity)
        begin = now = bar * self.score.beats
        length = 1.0
        first = len(self.notes)
        for token in text.replace("|", " | ").split():
            if token == "|":
                if abs((now - begin) / self.score.beats % 1 - 0.5) < 0.499:
                    raise ValueError(f"bar line after {now - begin:g} beats in {text!r}")
            elif token == "r":
                now += length
            elif DURATION.fullmatch(token):
                length = sum(beats(piece) for piece in token.split("+"))
            elif match := NOTE.fullmatch(token):
                slide = {"": 0.0, "/": 1.0, "^": 2.0}[match[1]]
                held = length * (0.45 if "'" in match[3] else 1.02 if "_" in match[3] else gate)
                loud = self._accent(now) + (14 if ">" in match[3] else 0)
                for name in match[2].split(","):
                    self.notes.append(Note(now, held, pitch(name) + shift, loud, slide))
                if "~" in match[3]:
                    self._vibrato(now, held)
                now += length
            else:
                raise ValueError(f"not a note, rest or duration: {token!r}")
        for note in self.notes[first:]:
            note.velocity += low + (high - low) * (note.start - begin) / max(now - begin, 1)

    def _vibrato(self, start: float, length: float) -> None:
        for share, depth in ((0.3, 25), (0.5, 50), (0.7, 70), (0.99, 0)):
            self.controls.append((start + length * share, 1, depth))

    def comp(
        self,
        bar: float,
        chords: str,
        rhythm: str,
        voicing: Voicing,
        velocity: float = 80,
    ) -> None:
        """Accompany chord symbols; symbols in one bar share it, "%" repeats the last.

        The rhythm is rows of steps, a bar each, used in turn: X, x, o and g
        strike the whole chord, a digit one of its tones, "-" holds, "." rests.
        """
        rows = [row.replace(" ", "") for row in rhythm.split("|")]
        chord = None
        for index, symbols in enumerate(chords.split("|")):
            names = symbols.split()
            row = rows[index % len(rows)]
            step = self.score.beats / len(row)
            start = (bar + index) * self.score.beats
            voiced = []
            for name in names:
                chord = chord if name == "%" and chord else Chord.parse(name)
                voiced.append(voicing(chord))
            for place, letter in enumerate(row):
                if letter in "-.":
                    continue
                tones = voiced[place * len(names) // len(row)]
                held = len(row[place + 1 :]) - len(row[place + 1 :].lstrip("-")) + 1
                when = start + place * step
                picked = [tones[int(letter) - 1]] if letter.isdigit() else tones
                loud = velocity + STEPS.get(letter, 0) + self._accent(when)
                self.add(when, held * step * 0.96, picked, loud)

    def beat(self, bar: float, bars: int, velocity: float, /, **rows: str) -> None:
        """Play drums: one row of steps for each named drum, repeated to fill the bars."""
        for name, row in rows.items():
            patterns = [pattern.replace(" ", "") for pattern in row.split("|")]
            for index in range(bars):
                pattern = patterns[index % len(patterns)]
                step = self.score.beats / len(pattern)
                for place, letter in enumerate(pattern):
                    if letter in STEPS:
                        when = (bar + index) * self.score.beats + place * step
                        loud = velocity + STEPS[letter]
                        self.notes.append(Note(when, 0.6, DRUMS[name], loud))

    def swell(self, bar: float, bars: float, low: int, high: int) -> None:
        """Move the expression controller evenly from one level to another."""
        start, length = bar * self.score.beats, bars * self.score.beats
        for step in range(17):
            level = round(low + (high - low) * step / 16)
            self.controls.append((start + length * step / 16, 11, level))


@dataclass
class Score:
    """A piece: its tempo, its feel, and the parts that play it.

    `swing` is where the second half of a `swing_unit` falls: 0.5 is straight,
    0.67 a triplet shuffle.
    """

    title: str
    bpm: float
    seed: int
    beats: int = 4
    swing: float = 0.5
    swing_unit: float = 1.0
    gain: float = 0.0  # decibels into the final limiter
    parts: list[Part] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)

    def part(self, program: int, **settings: Unpack[Manner]) -> Part:
        """Add a player of a General MIDI program (0 to 127)."""
        channel = len(self.parts) + (len(self.parts) >= 9)
        if channel > 15:
            raise ValueError("a score has at most fifteen parts and a drum kit")
        part = Part(self, channel, program, **settings)
        self.parts.append(part)
        return part

    def kit(self, program: int = 0, **settings: Unpack[Manner]) -> Part:
        """Add the drummer, on the General MIDI drum channel."""
        part = Part(self, 9, program, **settings)
        self.parts.append(part)
        return part

    def slow(self, bar: float, bars: float, bpm: float) -> None:
        """Slow down (or speed up) evenly to a tempo over some bars."""
        last = self.tempi[-1][1] if self.tempi else self.bpm
        for step in range(1, 9):
            when = (bar + bars * step / 8) * self.beats
            self.tempi.append((when, last + (bpm - last) * step / 8))

    def swung(self, when: float) -> float:
        """Move a written time to where the swing puts it; triplets stay."""
        whole, part = divmod(when / self.swing_unit, 1.0)
        if abs(part * 4 - round(part * 4)) > 0.02:
            return when
        late = part * 2 * self.swing
        if part > 0.5:
            late = self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return (whole + late) * self.swing_unit

    def midi(self) -> MidiFile:
        """Perform the score: the same seed gives the same performance."""
        song = MidiFile(ticks_per_beat=PPQ)
        head = [(0, MetaMessage("set_tempo", tempo=bpm2tempo(self.bpm)))]
        for when, bpm in self.tempi:
            change = MetaMessage("set_tempo", tempo=bpm2tempo(bpm))
            head.append((round((when + LEAD) * PPQ), change))
        song.tracks.append(_track(head))
        for index, part in enumerate(self.parts):
            song.tracks.append(_track(self._perform(part, Random(self.seed * 100 + index))))
        return song

    def _perform(self, part: Part, chance: Random) -> list[tuple[int, Message]]:
        channel = part.channel
        settings = ((0, part.bank), (7, part.volume), (10, part.pan), (91, part.reverb))
        events: list[tuple[int, Message]] = [
            (0, Message("control_change", channel=channel, control=control, value=value))
            for control, value in (*settings, (93, part.chorus), (11, 127))
        ]
        events.append((0, Message("program_change", channel=channel, program=part.program)))
        for when, control, value in part.controls:
            change = Message("control_change", channel=channel, control=control, value=value)
            events.append((round((self.swung(when) + LEAD) * PPQ), change))
        second = self.bpm / 60 * PPQ
        played: dict[int, list[tuple[int, int, int]]] = {}
        timing: dict[float, float] = {}
        for note in sorted(part.notes, key=lambda note: (note.start, note.pitch)):
            if note.start not in timing:  # the tones of a chord move together
                timing[note.start] = chance.gauss(part.late, part.loose) / 1000
            off = max(-0.03, min(0.045, timing[note.start])) + note.delay
            start = round((self.swung(note.start) + LEAD) * PPQ + off * second)
            end = round((self.swung(note.start + note.length) + LEAD) * PPQ + off * second)
            velocity = round(note.velocity + chance.gauss(0, part.touch))
            played.setdefault(note.pitch, []).append((start, end, max(1, min(127, velocity))))
            if note.slide:
                events += _slide(channel, start, note.slide, second)
        for number, spans in played.items():
            spans.sort()
            following = [span[0] for span in spans[1:]] + [10**9]
            for (start, end, velocity), limit in zip(spans, following, strict=True):
                on = Message("note_on", channel=channel, note=number, velocity=velocity)
                off_at = max(start + 1, min(end, limit - 1))
                events.append((start, on))
                events.append((off_at, Message("note_off", channel=channel, note=number)))
        return events


def beats(piece: str) -> float:
    """The length in beats of a duration letter with its dot or triplet mark."""
    factor = {".": 1.5, "3": 2 / 3}.get(piece[1:], 1.0)
    return LENGTHS[piece[0]] * factor


def _slide(channel: int, start: int, semitones: float, second: float) -> list[tuple[int, Message]]:
    """Pitch wheel messages that rise to the note from some semitones below."""
    span = (0.05 + 0.05 * semitones) * second
    bends = []
    for step in range(11):
        value = round(-8192 * semitones / BEND_RANGE * (1 - step / 10) ** 1.3)
        # The first message comes just before the note, so that it starts low.
        when = max(0, round(start - 2 + span * step / 10))
        bends.append((when, Message("pitchwheel", channel=channel, pitch=max(-8192, value))))
    return bends


def _track(events: Sequence[tuple[int, Message | MetaMessage]]) -> MidiTrack:
    """Sort events in time (ends before starts) and give each its delta time."""
    rank = {"note_off": 0, "control_change": 1, "program_change": 2, "pitchwheel": 3}
    track = MidiTrack()
    now = 0
    for when, message in sorted(events, key=lambda event: (event[0], rank.get(event[1].type, 4))):
        track.append(message.copy(time=when - now))
        now = when
    return track
