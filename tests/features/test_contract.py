"""What every registered representation must keep; a new one is tested by being registered."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from earmark.audio import load_audio
from earmark.features import FEATURES, feature_from_dict, feature_to_dict

every = pytest.mark.parametrize("name", FEATURES)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[3], duration_seconds=10)


@every
def test_settings_are_frozen_and_have_defaults(name):
    feature = FEATURES[name]()
    assert feature.name == name
    field = dataclasses.fields(feature)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(feature, field, 1)


@every
def test_settings_survive_json(name):
    feature = FEATURES[name]()
    assert feature_from_dict(json.loads(json.dumps(feature_to_dict(feature)))) == feature


@every
def test_shape_is_as_promised(name, music):
    feature = FEATURES[name]()
    for seconds in (3.0, 7.77, 10.0):
        result = feature(music[: round(seconds * feature.rate)])
        assert result.shape == feature.shape(seconds)
        assert result.dtype == np.float32


@every
def test_finite_on_music_silence_and_noise(name, music):
    feature = FEATURES[name]()
    noise = np.random.default_rng(0).standard_normal(5 * feature.rate).astype(np.float32)
    for waveform in (music, noise, np.zeros_like(noise)):
        assert np.isfinite(feature(waveform)).all()


@every
def test_same_in_blocks_and_again(name, music):
    feature = FEATURES[name]()
    stream = feature.stream()
    for block in np.array_split(music, 23):
        stream.push(block)
    blockwise = stream.finish()
    np.testing.assert_array_equal(blockwise, feature(music))
    np.testing.assert_array_equal(feature(music), feature(music))


@every
def test_the_waveform_is_left_alone(name, music):
    before = music.copy()
    FEATURES[name]()(music)
    np.testing.assert_array_equal(music, before)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"name": "mfcq"}, "mfcq"), ({}, "None"), ({"name": "log-mel", "hops": 3}, "hops")],
)
def test_unknown_names_and_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        feature_from_dict(settings)
