"""Sounds and pictures of pages, decoded again."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from earmark import load_audio
from earmark.media import RATE, as_mp3, as_picture, as_png


def test_a_sound_is_heard_again_as_long_as_it_was(song, tmp_path):
    mono = song[: 5 * 44100, 0][::2].copy()
    sound = base64.b64decode(as_mp3(mono).partition(",")[2])
    path = tmp_path / "excerpt.mp3"
    path.write_bytes(sound)
    heard = load_audio(path, rate=RATE)
    assert abs(len(heard) - len(mono)) < 0.15 * RATE
    assert len(sound) < 60_000
    size = min(len(heard), len(mono))
    assert np.std(heard[:size]) == pytest.approx(np.std(mono[:size]), rel=0.1)


def test_a_picture_has_the_lowest_frequency_at_the_bottom():
    levels = np.zeros((4, 6))
    levels[0] = 1
    data = as_png(levels).partition(",")[2]
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"))
    assert image.shape == (4, 6)
    assert image[-1].min() > 200
    assert image[:-1].max() < 50


def test_a_picture_in_colours_keeps_every_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    data = as_picture(pixels).partition(",")[2]
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    np.testing.assert_array_equal(np.asarray(image), pixels)
