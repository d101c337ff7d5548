"""Sounds that are no music, made to learn from and to judge by; nothing is downloaded.

What is learnt from and what is judged come from different makers, so that the share that is caught
says something of sounds that nobody has heard before.
"""

from __future__ import annotations

import hashlib
import shutil

import numpy as np

from earmark.features.base import Array
from earmark.sounds import judged, plain, speech
from earmark.sounds.base import RATE as RATE
from earmark.sounds.base import Maker as Maker
from earmark.sounds.base import recorded

LEARNT: dict[str, Maker] = {
    "speech": speech.talk,
    "noise": plain.NOISE,
    "tone": plain.TONE,
    "applause": plain.claps,
    "beeps": plain.bleeps,
}
"""Makers of what is learnt from, by kind."""

JUDGED: dict[str, Maker] = {
    "speech (espeak-ng)": judged.espeak,
    "speech (flite)": judged.flite,
    "noise": judged.NOISE,
    "tone": judged.TONE,
    "applause": judged.ovation,
    "chip tunes": judged.chip_tune,
    "game sounds": judged.game_sounds,
}
"""Makers of what is judged, by name."""


_PROGRAMS = {"speech (espeak-ng)": "espeak-ng", "speech (flite)": "flite"}


def lacking(name: str) -> str | None:
    """The program that a maker needs, if it is not installed."""
    program = _PROGRAMS.get(name)
    return program if program and shutil.which(program) is None else None


def make(maker: Maker, name: str, number: int, *, seed: int = 0, seconds: float = 30.0) -> Array:
    """One sound as it would be recorded [shape=(samples,)].

    Args:
        maker: one of the above.
        name: it and the number, with the seed, decide all that is random.
        number: counted from 0.
        seed: another one gives other sounds.
        seconds: length; what a voice has said may end earlier.

    Raises:
        EarmarkError: a program that it needs is not installed, or fails.
    """
    digest = hashlib.sha256(f"{seed} {name} {number}".encode()).digest()
    random = np.random.default_rng(np.frombuffer(digest, np.uint32))
    return recorded(random, maker(random, seconds))
