"""A feature is the same from sound, whole or in pieces, and from what is stored of it."""

from dataclasses import replace

import numpy as np
import pytest

from earmark.errors import BadFeature, UnreadableAudio, UnreadableFile
from earmark.features import LogMel
from earmark.features.log_mel_image import read_log_mel_image
from earmark.sources import feature_blocks, load_feature


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
