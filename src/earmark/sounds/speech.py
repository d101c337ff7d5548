"""Speech-like sounds to learn from: a source of pulses and noise through moving formants.

Fant 1960's source and filter, with vowels after Peterson and Barney 1952. It says nothing, in no
language, at the pace of speech: syllables, words, pauses for breath, a pitch that falls.
"""

from __future__ import annotations

import numpy as np

from earmark.sounds.base import RATE, Numbers, Random, in_room, samples

# First three formants in Hz of a man's vowels (Peterson and Barney 1952, table II).
_VOWELS = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ],
    np.float64,
)
_FRAME, _HOP = 512, 128
_STEP = _HOP / RATE  # seconds


def talk(random: Random, seconds: float) -> Numbers:
    """One voice, or two or three that take turns; sometimes in a room."""
    voices = [_Voice(random) for _ in range(random.choice([1, 1, 2, 3]))]
    parts: list[Numbers] = []
    while sum(map(len, parts)) < samples(seconds):
        voice = voices[random.integers(len(voices))]
        parts += [voice.phrase(random), np.zeros(samples(random.uniform(0.1, 0.8)))]
    spoken = np.concatenate(parts)[: samples(seconds)]
    return in_room(random, spoken) if random.random() < 0.5 else spoken


class _Voice:
    """A throat: pitch, length, breath and pace."""

    def __init__(self, random: Random) -> None:
        self.pitch = np.exp(random.uniform(np.log(80), np.log(260)))
        self.scale = 0.92 + 0.0012 * self.pitch * random.uniform(0.8, 1.2)
        self.syllable_seconds = random.uniform(0.13, 0.28)
        self.breath = random.uniform(0.005, 0.08)
        self.liveliness = random.uniform(0.03, 0.3)
        self.tilt_db = random.uniform(-12, -5)

    def phrase(self, random: Random) -> Numbers:
        """A few words in one breath."""
        tracks = [self._syllable(random) for _ in range(random.integers(3, 16))]
        formants, voicing, hiss, hiss_at = (
            np.concatenate([track[i] for track in tracks]) for i in range(4)
        )
        smooth = np.hanning(9) / np.hanning(9).sum()
        formants = np.stack([np.convolve(row, smooth, "same") for row in formants.T], axis=1)
        formants[:4], formants[-4:] = formants[4], formants[-5]
        voicing = np.convolve(voicing, smooth[1:-1:2] / smooth[1:-1:2].sum(), "same")
        steps = len(voicing)
        falling = 1 + self.liveliness * np.linspace(0.6, -0.6, steps)
        accents = np.interp(
            np.arange(steps),
            np.linspace(0, steps, len(tracks) + 1),
            random.normal(0, self.liveliness / 2, len(tracks) + 1),
        )
        pitch = self.pitch * falling * np.exp(accents)
        return self._sound(random, pitch, formants, voicing, (hiss, hiss_at))

    def _syllable(self, random: Random) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Formants [shape=(steps, 3)], voicing, hiss and its middle in Hz [shape=(steps,)]."""
        seconds = self.syllable_seconds * random.uniform(0.6, 1.6)
        consonant = round(seconds * random.uniform(0.2, 0.45) / _STEP)
        vowel = max(6, round(seconds / _STEP) - consonant)
        ends = _VOWELS[random.integers(len(_VOWELS), size=2)] * self.scale
        glide = np.linspace(0, random.choice([0, 0, 1]), vowel)[:, None]
        opened = np.concatenate(
            [np.repeat(ends[:1], consonant, 0), ends[0] + glide * np.diff(ends, axis=0)]
        )
        kind = random.choice(["stop", "fricative", "nasal", "none"], p=[0.35, 0.3, 0.2, 0.15])
        voiced = {"stop": 0.0, "fricative": 0.0, "nasal": 0.3, "none": 0.8}[str(kind)]
        loud = random.uniform(0.5, 1.2) * np.hanning(vowel + 4)[2:-2] ** 0.4
        voicing = np.concatenate([np.full(consonant, voiced), loud])
        hiss = np.zeros(consonant + vowel)
        if kind == "fricative":
            hiss[:consonant] = random.uniform(0.1, 0.6) * np.hanning(consonant + 2)[1:-1]
        elif kind == "stop":  # closed, then a burst
            hiss[max(0, consonant - 3) : consonant + 1] = random.uniform(0.2, 0.8)
        middle = np.full(len(hiss), np.exp(random.uniform(np.log(1200), np.log(7500))))
        return opened, voicing, hiss, middle

    def _sound(
        self,
        random: Random,
        pitch: Numbers,
        formants: Numbers,
        voicing: Numbers,
        hissing: tuple[Numbers, Numbers],
    ) -> Numbers:
        """Pulses and noise, frame by frame, through the filters, added where frames overlap."""
        steps = len(pitch)
        length = steps * _HOP + _FRAME
        cycles = np.cumsum(np.repeat(pitch, _HOP)) / RATE
        pulses = np.zeros(length)
        pulses[np.flatnonzero(np.diff(np.floor(cycles))) + _HOP] = 1
        breath = random.standard_normal(length)
        hertz = np.fft.rfftfreq(_FRAME, 1 / RATE)
        throat = _resonances(hertz, formants) * (np.maximum(hertz, 100) / 100) ** (
            self.tilt_db / (20 * np.log10(2))
        )
        hiss, middle = hissing
        width = 0.4 * middle[:, None]
        lips = hiss[:, None] / (1 + ((hertz - middle[:, None]) / width) ** 2)
        source = _frames(pulses, steps) * np.sqrt(RATE / pitch)[:, None]
        source += self.breath * _frames(breath, steps)
        spoken = np.fft.rfft(source) * throat * voicing[:, None]
        spoken += 0.02 * np.fft.rfft(_frames(breath, steps)) * lips
        made = np.zeros(length)
        for i, frame in enumerate(np.fft.irfft(spoken, _FRAME)):
            made[i * _HOP : i * _HOP + _FRAME] += frame
        return made


def _frames(waveform: Numbers, steps: int) -> Numbers:
    """Windowed stretches [shape=(steps, samples)]."""
    every = np.lib.stride_tricks.sliding_window_view(waveform, _FRAME)[::_HOP][:steps]
    return every * np.hanning(_FRAME)


def _resonances(hertz: Numbers, formants: Numbers) -> Numbers:
    """Gain of three formants and a fixed fourth and fifth [shape=(steps, frequencies)]."""
    gains = np.ones((len(formants), len(hertz)))
    columns = [*formants.T, np.full(len(formants), 3500.0), np.full(len(formants), 4500.0)]
    for centre in columns:
        middle, width = centre[:, None], 40 + 0.06 * centre[:, None]
        # |transfer| of a pole pair, 1 at 0 Hz
        gains *= middle**2 / np.hypot(middle**2 - hertz**2, width * hertz)
    return gains
