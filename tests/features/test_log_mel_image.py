"""Stored images: parity with the real ones, round trips, refusals."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from earmark.audio import load_audio
from earmark.errors import UnreadableImage
from earmark.features.log_mel import LogMel
from earmark.features.log_mel_image import (
    from_levels,
    log_mel_image,
    read_log_mel_image,
    to_levels,
    write_log_mel_image,
)


@pytest.fixture(scope="module")
def recordings(data):
    """The whole recordings whose images are stored: (audio, image)."""
    with (data / "gtzan-audio" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "exact" in row["what"]]
    return [
        (data / "gtzan-audio" / row["path"], (data / "gtzan-mel" / row["path"]).with_suffix(".png"))
        for row in rows
    ]


def test_parity_with_the_stored_images(recordings):
    assert len(recordings) == 17
    for audio, stored in recordings:
        waveform, rate = soundfile.read(audio, dtype="float32")
        assert rate == 22050
        with Image.open(stored) as image:
            levels = np.asarray(image)[::-1].astype(int)
        ours = log_mel_image(waveform).levels.astype(int)
        assert np.abs(ours - levels).max() <= 1, audio
        assert (ours == levels).mean() >= 0.999, audio


def test_the_tagger_and_the_image_agree(recordings):
    """What a model hears of a recording is what it was trained on: its image.

    Both are relative to their own loudest kept cell. They differ by half a level of quantization,
    where the image's floor is higher (it counts from the loudest of all frames), and, in recordings
    of another length than 1293 frames, in which frame a column keeps.
    """
    same_columns = 0
    for audio, stored in recordings:
        waveform = load_audio(audio)
        heard, stored_db = LogMel()(waveform), read_log_mel_image(stored)
        if 1 + len(waveform) // 512 != 1293:
            continue
        same_columns += 1
        above_floor = stored_db > stored_db.min() + 1
        difference = np.abs(heard - stored_db)[above_floor]
        assert np.median(difference) < 0.4, audio
        assert difference.max() < 1.3, audio
    assert same_columns >= 10


@given(st.integers(0, 255), st.floats(20, 120))
def test_levels_round_trip(level, range_db):
    levels = np.full((2, 3), level, np.uint8)
    np.testing.assert_array_equal(to_levels(from_levels(levels, range_db), range_db), levels)


def test_images_round_trip(tmp_path, album):
    decibels = LogMel()(load_audio(album[1]))
    write_log_mel_image(tmp_path / "a.png", decibels, range_db=80)
    again = read_log_mel_image(tmp_path / "a.png")
    # half a level each way, and half a level more where the loudest cell is put back to 0 dB
    assert np.abs(again - decibels).max() <= 80 / 256 + 1e-4


def test_the_lowest_band_is_the_bottom_row(tmp_path):
    low_tone = np.sin(np.arange(3 * 22050) * (2 * np.pi * 100 / 22050)).astype(np.float32)
    write_log_mel_image(tmp_path / "a.png", LogMel()(low_tone), range_db=80)
    with Image.open(tmp_path / "a.png") as image:
        assert np.asarray(image).mean(axis=1).argmax() > 100
    assert read_log_mel_image(tmp_path / "a.png").mean(axis=1).argmax() < 28


def test_the_range_is_80_db_where_none_is_stored(tmp_path):
    Image.fromarray(np.tile(np.array([0, 255], np.uint8), (128, 1))).save(tmp_path / "a.png")
    assert read_log_mel_image(tmp_path / "a.png").min() == pytest.approx(-80 * 255 / 256)


def test_silence_has_an_image():
    image = log_mel_image(np.zeros(30 * 22050, np.float32))
    assert image.levels.shape == (128, 387)
    assert image.range_db > 0


def _grey(shape=(128, 387)):
    return Image.fromarray(np.zeros(shape, np.uint8))


def _save(path, image, **text):
    info = PngInfo()
    for key, value in text.items():
        info.add_text(key, value)
    image.save(path, format="PNG", pnginfo=info)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_text("not an image"), "damaged"),
        (lambda path: _save(path, _grey((96, 387))), "387 × 96"),
        (lambda path: _save(path, _grey().convert("RGB")), "RGB"),
        (lambda path: _save(path, _grey(), range_db="loud"), "loud"),
        (lambda path: _save(path, _grey(), range_db="-3"), "-3"),
        (lambda path: _save(path, _grey(), range_db="nan"), "nan"),
        (lambda path: path.mkdir(), "director"),
    ],
)
def test_what_is_no_log_mel_image_is_refused(tmp_path, make, words):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(UnreadableImage, match=words) as caught:
        read_log_mel_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_image_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (128, 387), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableImage, match=r"a\.png"):
        read_log_mel_image(tmp_path / "a.png")
