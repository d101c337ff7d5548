"""What every registered representation must keep; a new one is tested by being registered.

`test_parity.py` compares each with an independent implementation.
"""

from __future__ import annotations

import dataclasses
import json
import tracemalloc

import numpy as np
import pytest

from earmark.audio import load_audio
from earmark.features import FEATURES, LogMel, feature_from_dict, feature_to_dict

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
    with pytest.raises(TypeError):
        FEATURES[name](getattr(feature, field))
    assert {feature: 1}[FEATURES[name]()] == 1


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
def test_finite_and_in_range_on_music_silence_and_noise(name, music):
    feature = FEATURES[name]()
    noise = np.random.default_rng(0).standard_normal(5 * feature.rate).astype(np.float32)
    low, high = feature.value_range or (-np.inf, np.inf)
    for waveform in (music, noise, np.zeros_like(noise), 1e-4 * noise, 1e4 * noise):
        result = feature(waveform)
        assert np.isfinite(result).all()
        assert low <= result.min() <= result.max() <= high


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
def test_pieces_make_up_the_whole(name, music):
    feature = FEATURES[name]()
    stream = feature.stream()
    stream.push(music)
    pieces = list(stream.blocks())
    if feature.time_axis is None:
        assert len(pieces) == 1
    np.testing.assert_array_equal(
        np.concatenate(pieces, axis=feature.time_axis or 0), feature(music)
    )


@every
def test_memory_does_not_grow_with_the_waveform(name, monkeypatch):
    """Five minutes come and go in blocks: 26 MB of sound, 53 MB of a Gabor transform."""
    monkeypatch.setattr("earmark.features.columns._BYTES_IN_MEMORY", 1 << 20)
    feature = FEATURES[name]()
    second = np.random.default_rng(0).standard_normal(feature.rate).astype(np.float32)
    feature(np.tile(second, 4))  # tables are made once
    tracemalloc.start()
    try:
        stream = feature.stream()
        for _ in range(300):
            stream.push(second)
        columns = sum(piece.shape[feature.time_axis or 0] for piece in stream.blocks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert columns == feature.shape(300.0)[feature.time_axis or 0]
    assert peak < 12 << 20


@every
def test_a_handed_over_block_may_be_overwritten(name, music):
    feature = FEATURES[name]()
    stream, buffer = feature.stream(), np.empty(4000, np.float32)
    for start in range(0, len(music), len(buffer)):
        block = buffer[: len(music) - start]
        block[:] = music[start : start + len(buffer)]
        stream.push(block)
    buffer[:] = 7
    np.testing.assert_array_equal(stream.finish(), feature(music))


@every
def test_what_is_no_waveform_is_refused(name):
    feature = FEATURES[name]()
    with pytest.raises(ValueError, match="dimension"):
        feature(np.zeros((2, 2 * feature.rate), np.float32))
    with pytest.raises(ValueError, match="few"):
        feature(np.zeros(0, np.float32))
    with pytest.raises(ValueError, match="few"):
        list(feature.stream().blocks())


@every
def test_a_stored_log_mel_gives_the_shape_of_its_sound_or_a_reason(name, music):
    feature = FEATURES[name]()
    log_mel = LogMel()(music)
    try:
        result = feature.from_log_mel(log_mel)
    except ValueError as error:
        assert "log-mel" in str(error)
        return
    expected = feature.shape(10.0)
    grows = feature.time_axis
    assert len(result.shape) == len(expected)
    for axis, (found, wanted) in enumerate(zip(result.shape, expected, strict=True)):
        # A column stands for 77.4 ms, and the stored columns do not say where in the last it ended.
        assert abs(found - wanted) <= (0.0774 * wanted / 10 + 1 if axis == grows else 0)
    assert result.dtype == np.float32


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
