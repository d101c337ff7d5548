"""A feature is the same from sound, whole or in pieces, and from what is stored of it."""

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from earmark.errors import BadFeature, UnreadableAudio, UnreadableFile, UnreadableImage
from earmark.features import ColourImage, GreyImage, LogMel, Slices
from earmark.features.log_mel_image import read_log_mel_image
from earmark.sources import feature_blocks, kind_of, load_feature


def test_from_sound(album, log_mels):
    assert np.array_equal(load_feature(album[0], "audio", LogMel()), log_mels["blues"])
    narrow = replace(LogMel(), bands=64)
    assert load_feature(album[0], "audio", narrow).shape[0] == 64


def test_pieces_make_the_whole(album, log_mels):
    pieces = list(feature_blocks(album[0], "audio", LogMel()))
    assert np.array_equal(np.concatenate(pieces, axis=1), log_mels["blues"])


def test_from_a_stored_log_mel(miniature):
    path = miniature / "jazz" / "jazz.00000.png"
    assert np.array_equal(load_feature(path, "log-mel", LogMel()), read_log_mel_image(path))
    with pytest.raises(BadFeature, match="default settings only"):
        load_feature(path, "log-mel", replace(LogMel(), bands=64))


def test_a_file_too_short_for_a_column_is_named(tmp_path, write_sound):
    path = write_sound(tmp_path / "short.wav", np.zeros(8, np.float32), 22050)
    with pytest.raises(UnreadableAudio, match=r"short\.wav: too short"):
        load_feature(path, "audio", LogMel())


def test_a_damaged_image_is_named(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableFile, match=r"x\.png"):
        load_feature(tmp_path / "x.png", "log-mel", LogMel())


@pytest.fixture(scope="module")
def picture(log_mels, tmp_path_factory):
    """A track as a coloured picture with a white border, and its pixels, the lowest band first."""
    pixels = np.rint(ColourImage(rows=217, columns=335).from_log_mel(log_mels["pop"]) * 255)
    framed = np.pad(pixels[::-1], ((35, 36), (54, 43), (0, 0)), constant_values=255)
    path = tmp_path_factory.mktemp("pictures") / "pop00000.png"
    Image.fromarray(framed.astype(np.uint8)).save(path)
    return path, pixels


def test_from_a_picture(picture, log_mels):
    path, pixels = picture
    same = ColourImage(rows=217, columns=335)
    np.testing.assert_array_equal(np.rint(load_feature(path, "image", same) * 255), pixels)
    grey = GreyImage(source=same.source, rows=217, columns=335)
    drawn = load_feature(path, "image", grey)
    assert np.abs(drawn - grey.from_log_mel(log_mels["pop"])).max() <= 0.5 / 256 + 1e-6
    assert load_feature(path, "image", GreyImage()).shape == (288, 432)


@pytest.mark.parametrize("feature", [LogMel(), Slices(), Slices(source=GreyImage())])
def test_other_features_cannot_be_had_from_a_picture(feature, picture):
    with pytest.raises(BadFeature, match=f"{feature.name} .* pictures .*grey-image"):
        load_feature(picture[0], "image", feature)


def test_files_given_as_something_else_are_named(picture, miniature, album):
    log_mel_png = miniature / "jazz" / "jazz.00000.png"
    for path in (picture[0], log_mel_png):
        with pytest.raises(UnreadableAudio, match=r"png: is a picture, not sound"):
            load_feature(path, "audio", LogMel())
    with pytest.raises(UnreadableImage, match=r"is grey: .* but Earmark's log-mel images"):
        load_feature(log_mel_png, "image", GreyImage())
    with pytest.raises(UnreadableImage, match="not a log-mel image"):
        load_feature(picture[0], "log-mel", LogMel())
    for kind in ("log-mel", "image"):
        with pytest.raises(UnreadableImage, match="not an image"):
            load_feature(album[0], kind, GreyImage())


def test_the_kind_of_a_file_is_seen_by_its_content(picture, miniature, album, tmp_path):
    assert kind_of(album[0]) == "audio"
    assert kind_of(miniature / "jazz" / "jazz.00000.png") == "log-mel"
    assert kind_of(picture[0]) == "image"
    pixels = Image.open(picture[0]).convert("RGB")
    for name in ("a.jpg", "a.bmp", "a.gif"):
        pixels.save(tmp_path / name)
        assert kind_of(tmp_path / name) == "image"
    pixels.convert("L").save(tmp_path / "a.png")
    assert kind_of(tmp_path / "a.png") == "image"  # 288 rows
    (tmp_path / "b.png").write_bytes(picture[0].read_bytes()[:20])
    assert kind_of(tmp_path / "b.png") == "image"
    assert kind_of(tmp_path / "missing.png") == "audio"
    assert kind_of(tmp_path) == "audio"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a POSIX matter")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert kind_of(tmp_path / "a.png") == "audio"
