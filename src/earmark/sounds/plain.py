"""Noises, tones and applause to learn from."""

from __future__ import annotations

import numpy as np

from earmark.sounds.base import (
    RATE,
    Numbers,
    Random,
    any_of,
    band,
    coloured,
    in_room,
    noise,
    oscillation,
    samples,
    wandering,
)


def steady_noise(random: Random, seconds: float) -> Numbers:
    """Noise from below brown (−6 dB per octave) to blue (+3), sometimes only a band of it."""
    made = noise(random, seconds, slope_db=random.uniform(-9, 4))
    if random.random() < 0.4:
        low = np.exp(random.uniform(np.log(30), np.log(3000)))
        made = coloured(made, band(low, low * random.uniform(1.2, 12)))
    return made


def swelling_noise(random: Random, seconds: float) -> Numbers:
    """Noise whose level comes and goes: wind, waves, traffic."""
    made = steady_noise(random, seconds)
    depth_db = random.uniform(6, 40)
    curve = wandering(random, seconds, per_second=np.exp(random.uniform(np.log(0.1), np.log(8))))
    return made * 10 ** (depth_db * (curve - 1) / 20)


def pulsing_noise(random: Random, seconds: float) -> Numbers:
    """Noise switched or swung regularly: machines, sprinklers, a train."""
    made = steady_noise(random, seconds)
    turns = oscillation(np.exp(random.uniform(np.log(0.3), np.log(20))), len(made))
    if random.random() < 0.5:
        turns = np.clip(5 * (turns - random.uniform(-0.5, 0.7)), -1, 1)
    return made * 10 ** (random.uniform(6, 50) * (turns - 1) / 40)


def crackle(random: Random, seconds: float) -> Numbers:
    """Clicks at random times, two to two hundred a second, over noise: rain, fire, old records."""
    length = samples(seconds)
    count = int(seconds * np.exp(random.uniform(np.log(2), np.log(200))))
    made: Numbers = np.zeros(length)
    np.add.at(made, random.integers(0, length, count), random.standard_normal(count) ** 3)
    low = random.uniform(100, 2000)
    made = coloured(made, band(low, low * random.uniform(2, 20)))
    beneath = noise(random, seconds, slope_db=random.uniform(-6, 0))
    heard: Numbers = made / np.abs(made).max() + 10 ** (-random.uniform(20, 60) / 20) * beneath
    return heard


def steady_tone(random: Random, seconds: float) -> Numbers:
    """One pitch from 40 Hz to 8 kHz, of any plain shape, perhaps with vibrato and tremolo."""
    length = samples(seconds)
    pitch = np.exp(random.uniform(np.log(40), np.log(8000)))
    vibrato = 1 + random.choice([0, 0.01, 0.05]) * oscillation(random.uniform(1, 8), length)
    shape = random.choice(["sine", "sine", "square", "saw", "triangle"])
    tremolo = 1 + random.choice([0, 0.3, 0.9]) * oscillation(random.uniform(0.3, 10), length)
    made: Numbers = oscillation(pitch * vibrato, length, shape) * tremolo
    return made


def beeps(random: Random, seconds: float) -> Numbers:
    """A tone of one or two pitches, switched on and off: alarms, diallers, Morse."""
    length = samples(seconds)
    pitch = np.exp(random.uniform(np.log(200), np.log(5000)))
    tone = oscillation(pitch, length, random.choice(["sine", "square"]))
    if random.random() < 0.4:
        tone = tone + oscillation(pitch * random.uniform(1.1, 2), length)
    if random.random() < 0.3:  # Morse: on and off for random lengths
        unit = samples(random.uniform(0.05, 0.3))
        on = random.random(length // unit + 1) < 0.5
        return tone * np.repeat(on, unit)[:length]
    cycle = np.arange(length) / RATE * random.uniform(0.3, 6)
    return tone * (cycle % 1 < random.uniform(0.1, 0.8))


def sweep(random: Random, seconds: float) -> Numbers:
    """A pitch that glides up and down between two frequencies: sirens, test signals."""
    length = samples(seconds)
    low, high = np.sort(np.exp(random.uniform(np.log(40), np.log(9000), 2)))
    cycle = np.arange(length) / RATE * np.exp(random.uniform(np.log(0.03), np.log(3)))
    up = cycle % 1 if random.random() < 0.5 else 2 * np.abs(cycle % 1 - 0.5)
    return oscillation(low * (high / low) ** up, length, random.choice(["sine", "square"]))


def bleeps(random: Random, seconds: float) -> Numbers:
    """Plain tones that jump from pitch to pitch, one to three at once, in no key and no metre."""
    length = samples(seconds)
    voices = [_jumping(random, length) for _ in range(random.integers(1, 4))]
    made: Numbers = np.sum(voices, axis=0)
    return made


def _jumping(random: Random, length: int) -> Numbers:
    """One voice: pitches held for random times, some of which are rests."""
    mean = np.exp(random.uniform(np.log(0.04), np.log(0.8))) * RATE
    holds = np.maximum(random.exponential(mean, 1 + int(3 * length / mean)), 0.02 * RATE)
    count = 1 + int(np.searchsorted(np.cumsum(holds), length))
    holds = np.resize(holds, count).astype(int) + 1
    low, high = np.sort(np.exp(random.uniform(np.log(60), np.log(4000), 2)))
    pitches = low * (high / low) ** random.random(count)
    sounding = random.random(count) < random.uniform(0.5, 1)
    since = np.concatenate([np.arange(hold) for hold in holds])[:length] / RATE
    shape = random.choice(["sine", "square", "saw", "triangle"])
    wave = oscillation(np.repeat(pitches, holds)[:length], length, shape)
    made = wave * np.repeat(sounding, holds)[:length] * np.exp(-since * random.uniform(0, 12))
    return made * random.uniform(0.3, 1)


def hum(random: Random, seconds: float) -> Numbers:
    """Mains or a motor: harmonics of a low pitch, which may wander."""
    length = samples(seconds)
    pitch = random.choice([50.0, 60.0, random.uniform(30, 200)])
    wander = 1 + random.choice([0, 0.2]) * wandering(random, seconds, per_second=0.5)
    partials = random.integers(2, 20)
    levels = random.random(partials) / np.arange(1, partials + 1)
    made: Numbers = np.sum(
        [level * oscillation((i + 1) * pitch * wander, length) for i, level in enumerate(levels)],
        axis=0,
    )
    return made


def claps(random: Random, seconds: float) -> Numbers:
    """Applause: claps of many hands, each a short burst of noise with a resonance of its own.

    From a few people in a room, each with a rhythm of their own, to a roar without single claps.
    """
    length = samples(seconds)
    people = int(np.exp(random.uniform(np.log(3), np.log(300))))
    made = np.zeros(length + samples(0.1))
    kinds = [_clap(random) for _ in range(min(people, 12))]
    for person in range(people):
        period = random.uniform(0.18, 0.45)
        times = np.arange(random.uniform(0, period), seconds, period)
        times = times + random.normal(0, 0.1 * period, len(times))
        clap = kinds[person % len(kinds)] * random.uniform(0.2, 1)
        for start in np.clip(times * RATE, 0, length - 1).astype(int):
            made[start : start + len(clap)] += clap
    swell = 10 ** (random.uniform(0, 20) * (wandering(random, seconds, per_second=0.3) - 1) / 20)
    return in_room(random, made[:length] * swell)


def _clap(random: Random) -> Numbers:
    decay = random.uniform(0.003, 0.015)
    burst = noise(random, 0.06) * np.exp(-np.arange(samples(0.06)) / (decay * RATE))
    middle = random.uniform(600, 2800)
    return coloured(burst, band(middle / 1.6, middle * 2))


NOISE = any_of(
    {
        "steady": steady_noise,
        "swelling": swelling_noise,
        "pulsing": pulsing_noise,
        "crackle": crackle,
    }
)
TONE = any_of({"steady": steady_tone, "beeps": beeps, "sweep": sweep, "hum": hum})
