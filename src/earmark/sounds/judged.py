"""Sounds to judge by, from which nothing is learnt: made in other ways than those that are.

Speech is that of two programs, where they are installed: espeak-ng, whose formants are its own, in
many voices and languages, and flite, whose voices were recorded. Noises, tones and applause come
from other processes than those of `plain.py`. Chip tunes, as games had them, are learnt from by
nobody.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from earmark.audio import AudioFile
from earmark.errors import EarmarkError
from earmark.sounds.base import RATE, Numbers, Random, any_of, convolved, oscillation, samples

_TEXTS = (
    "The harbour was quiet that morning, and nobody on the pier remembered a colder spring. "
    "Two boats came in before noon; the third was never seen again. "
    "They asked the keeper of the light, who had written everything down, as he always did.",
    "Add the flour slowly, stir, and let it rest for twenty minutes. Meanwhile, slice the onions. "
    "If the dough sticks to your hands, it wants a little more flour; if it cracks, water. "
    "Bake it until the crust sounds hollow. Wait before you cut it, however good it smells.",
    "Good evening. Here are the headlines at six o'clock. Trains in the north are late again, and "
    "the minister has promised an inquiry. Prices rose by two point four percent in October. "
    "Tomorrow will be dry at first, with rain reaching the west by the afternoon.",
    "Well, I told him, you can't just leave it there! And do you know what he said? Nothing. "
    "Not a word. He put on his hat, opened the door, and walked off into the snow. "
    "Anyway. How is your sister? Did she ever finish that course of hers?",
    "Let n be any whole number greater than one. Then either n is prime, and we are done, or it is "
    "the product of two smaller numbers, to both of which the same argument applies. "
    "Since they become smaller at every step, this must end.",
)
_VOICES = (
    *("en-gb", "en-us", "en-gb-scotland", "de", "fr-fr", "es", "it", "pl", "ru", "sv", "tr", "hi"),
    *("cmn", "ja", "fi", "el"),
)
_MANNERS = ("", "+m3", "+m7", "+f2", "+f4", "+croak", "+whisper")


def espeak(random: Random, seconds: float) -> Numbers:
    """A text read by espeak-ng, in one of sixteen languages and seven manners.

    Raises:
        EarmarkError: espeak-ng is not installed, or fails.
    """
    voice = str(random.choice(_VOICES)) + str(random.choice(_MANNERS))
    pace, pitch = str(random.integers(120, 220)), str(random.integers(20, 80))
    command = ["espeak-ng", "-v", voice, "-s", pace, "-p", pitch, _text(random), "-w"]
    return _spoken(command, seconds)


def flite(random: Random, seconds: float) -> Numbers:
    """A text read by flite, in one of its five voices.

    Raises:
        EarmarkError: flite is not installed, or fails.
    """
    voice = str(random.choice(["kal", "kal16", "awb", "rms", "slt"]))
    stretch = f"duration_stretch={random.uniform(0.8, 1.3):.2f}"
    return _spoken(
        ["flite", "-voice", voice, "--sets", stretch, "-t", _text(random), "-o"], seconds
    )


def _text(random: Random) -> str:
    return " ".join(_TEXTS[i] for i in random.permutation(len(_TEXTS)))


def _spoken(command: list[str], seconds: float) -> Numbers:
    """What a program writes into the file that its last argument shall name."""
    program = command[0]
    if shutil.which(program) is None:
        raise EarmarkError(f"{program} is not installed; `apt-get install {program}` has it")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        done = subprocess.run(
            [*command, str(file)], capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode or not file.exists():
            why = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
            raise EarmarkError(f"{program} cannot speak: {why}")
        with AudioFile(file) as audio:
            return audio.read(rate=RATE, duration_seconds=seconds).astype(np.float64)


def walk_noise(random: Random, seconds: float) -> Numbers:
    """Noise of a second-order recursion, whose poles lie anywhere within the circle.

    From rumble to hiss, with or without a resonance; its impulse response dies away within half a
    second.
    """
    radius = 1 - np.exp(random.uniform(np.log(0.003), np.log(0.7)))
    angle = random.uniform(0, np.pi)
    n = np.arange(RATE // 2)
    response = radius**n * np.sin((n + 1) * angle) / np.sin(angle)
    return convolved(random.uniform(-1, 1, samples(seconds)), response)


def held_noise(random: Random, seconds: float) -> Numbers:
    """Random steps, each held for a while, as the noise of old sound chips."""
    hold = int(np.exp(random.uniform(np.log(1), np.log(30))))
    steps = random.choice([-1.0, 1.0], samples(seconds) // hold + 1)
    return np.repeat(steps, hold)[: samples(seconds)]


def engine(random: Random, seconds: float) -> Numbers:
    """Noise in bursts of a rate that rises and falls, as of a motor."""
    length = samples(seconds)
    rate = random.uniform(8, 40) * (1 + 0.4 * oscillation(random.uniform(0.05, 0.3), length))
    cycle = np.cumsum(rate) / RATE % 1
    return walk_noise(random, seconds) * np.exp(-cycle * random.uniform(2, 12))


def modulated_tone(random: Random, seconds: float) -> Numbers:
    """A tone by frequency modulation (Chowning 1973): a bell's or a horn's, held."""
    length = samples(seconds)
    pitch = random.uniform(80, 1500)
    ratio, depth = random.choice([0.5, 1, 2, 3, 1.4]), random.uniform(0, 4)
    swing = depth * oscillation(ratio * pitch, length)
    phase = 2 * np.pi * pitch * np.arange(length) / RATE
    return np.sin(phase + swing)


def struck_tone(random: Random, seconds: float) -> Numbers:
    """One pitch struck again and again: a bell, a reversing lorry, a ring tone."""
    length = samples(seconds)
    pitch = random.uniform(150, 3000)
    partials = [(1, 1.0), (random.uniform(1.9, 3), 0.5), (random.uniform(3.5, 6), 0.2)]
    cycle = np.arange(length) / RATE * random.uniform(0.25, 3) % 1
    shape = np.exp(-cycle * random.uniform(1, 10))
    return shape * sum(level * oscillation(ratio * pitch, length) for ratio, level in partials)


def dialling(random: Random, seconds: float) -> Numbers:
    """The keys of a telephone, two pitches each (ITU-T Q.23)."""
    low, high = np.array([697, 770, 852, 941]), np.array([1209, 1336, 1477, 1633])
    on, off = samples(random.uniform(0.07, 0.4)), samples(random.uniform(0.05, 0.4))
    keys: list[Numbers] = []
    while len(keys) * (on + off) < samples(seconds):
        pair = oscillation(float(random.choice(low)), on) + oscillation(
            float(random.choice(high)), on
        )
        keys.append(np.concatenate([pair, np.zeros(off)]))
    return np.concatenate(keys)[: samples(seconds)]


def ovation(random: Random, seconds: float) -> Numbers:
    """Claps at the times of a Poisson process that grows and fades, without any rhythm.

    Each is a decaying oscillation at 500 to 3000 Hz that noise has roughened, at a distance of its
    own: farther ones are weaker and duller.
    """
    length = samples(seconds)
    made = np.zeros(length + RATE)
    crowd = np.exp(random.uniform(np.log(20), np.log(1500)))  # claps a second at the height
    middle, width = random.uniform(0.2, 0.8) * seconds, random.uniform(0.4, 1.5) * seconds
    times = random.uniform(0, seconds, int(crowd * seconds))
    times = times[random.random(len(times)) < np.exp(-(((times - middle) / width) ** 2))]
    n = np.arange(samples(0.04))
    for start in (times * RATE).astype(int):
        distance = random.uniform(1, 8)
        pitch, decay = random.uniform(500, 3000) / distance**0.3, random.uniform(0.004, 0.012)
        rough = np.cos(2 * np.pi * pitch * n / RATE + random.normal(0, 0.8, len(n)).cumsum())
        made[start : start + len(n)] += rough * np.exp(-n / (decay * RATE)) / distance
    return made[:length] + 1e-4 * random.standard_normal(length)


def chip_tune(random: Random, seconds: float) -> Numbers:
    """Music as early games had it: two pulse waves, a triangle bass and a noise drum.

    A melody that walks about a scale, broken chords under it, and a bar of drums that repeats.
    """
    beat = 60 / random.uniform(100, 190) / 2  # seconds of an eighth
    scale = np.array(
        [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9, 12, 14]][
            random.integers(3)
        ]
    )
    root = int(random.integers(45, 58))
    count = int(np.ceil(seconds / beat))
    chords = np.repeat(random.choice([0, 3, 4, 5, 1], 4), 8)
    drums = random.random(16) < 0.35
    duties, place = random.choice([0.125, 0.25, 0.5], 2), 7
    notes = []
    for i in range(count):
        n = np.arange(samples(beat)) / RATE
        place = int(np.clip(place + random.integers(-2, 3), 0, 13))
        chord = chords[i % len(chords)]
        lead = _note(root + 12, scale, place)
        thirds = [_note(root, scale, chord + step) for step in (0, 2, 4)]
        broken = np.array(thirds)[(n * 50).astype(int) % 3]
        bass = _note(root - 12, scale, chord)
        made = 0.5 * _pulse(n, lead, duties[0]) * np.exp(-n * 4) * (random.random() < 0.85)
        made += 0.3 * np.where(np.cumsum(broken) / RATE % 1 < duties[1], 1.0, -1.0)
        made += 0.5 * (4 * np.abs(n * bass % 1 - 0.5) - 1)
        if drums[i % 16]:
            made += (
                0.4
                * np.repeat(random.choice([-1.0, 1.0], len(n) // 4 + 1), 4)[: len(n)]
                * (np.exp(-n * 40))
            )
        notes.append(made)
    return np.concatenate(notes)[: samples(seconds)]


def game_sounds(random: Random, seconds: float) -> Numbers:
    """What a player hears in between: jumps, coins, shots, each a pulse wave on the move."""
    made: list[Numbers] = []
    while sum(map(len, made)) < samples(seconds):
        n = np.arange(samples(random.uniform(0.05, 0.5))) / RATE
        start, goal = np.exp(random.uniform(np.log(80), np.log(3000), 2))
        pitch = start * (goal / start) ** (n / n[-1])
        if random.random() < 0.4:
            pitch = pitch * 2 ** (np.floor(n * random.uniform(8, 30)) % 3 * 4 / 12)
        wave = np.where(np.cumsum(pitch) / RATE % 1 < random.choice([0.125, 0.25, 0.5]), 1.0, -1.0)
        made += [
            wave * np.exp(-n * random.uniform(0, 8)),
            np.zeros(samples(random.uniform(0, 0.4))),
        ]
    return np.concatenate(made)[: samples(seconds)]


def _note(root: int, scale: Numbers, place: int) -> float:
    """Frequency in Hz of a place on a scale that goes on over the octaves."""
    octave, step = divmod(int(place), len(scale))
    return float(440 * 2 ** ((root + 12 * octave + scale[step] - 69) / 12))


def _pulse(seconds: Numbers, hertz: float, duty: float) -> Numbers:
    return np.where(seconds * hertz % 1 < duty, 1.0, -1.0)


NOISE = any_of({"recursive": walk_noise, "held": held_noise, "engine": engine})
TONE = any_of({"modulated": modulated_tone, "struck": struck_tone, "dialling": dialling})
CHIP = any_of({"tune": chip_tune, "effects": game_sounds})
