"""Vectors joined. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import (
    Chroma,
    LogMel,
    Mfcc,
    Rhythm,
    Summary,
    feature_from_dict,
    feature_to_dict,
)


def test_it_is_its_parts_in_order(log_mels):
    log_mel = log_mels["jazz"]
    every = Summary()
    expected = np.concatenate([part.from_log_mel(log_mel) for part in every.parts])
    np.testing.assert_array_equal(every.from_log_mel(log_mel), expected)
    two = Summary(parts=(Rhythm(), Chroma()))
    both = Rhythm().from_log_mel(log_mel), Chroma().from_log_mel(log_mel)
    np.testing.assert_array_equal(two.from_log_mel(log_mel), np.concatenate(both))
    measures = [f"rhythm: {name}" for name in Rhythm().names]
    assert two.names == (*measures, *(f"chroma: {name}" for name in Chroma().names))


def test_parts_are_read_from_a_recipe():
    described = {"name": "summary", "parts": [{"name": "chroma", "f_min": 100.0}]}
    feature = feature_from_dict(described)
    assert feature == Summary(parts=(Chroma(f_min=100.0),))
    assert feature_to_dict(feature)["parts"][0]["f_min"] == 100.0


def test_source_and_windows_are_those_of_the_parts():
    source = LogMel(frames_per_column=(1, 1))
    feature = Summary(parts=(Chroma(source=source, window_seconds=9.0),))
    assert (feature.source, feature.window_seconds) == (source, 9.0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), "parts must name at least one vector"),
        ((Mfcc(),), "parts must be vectors of a log-mel, such as chroma, not 'mfcc'"),
        (("chroma",), "parts must be vectors of a log-mel, such as chroma, not 'chroma'"),
        ((Chroma(), Chroma(f_min=100.0)), "parts must be of different kinds"),
        ((Chroma(), Rhythm(window_seconds=5.0)), "one source and one window_seconds"),
        ((Chroma(), Rhythm(source=LogMel(bands=40))), "one source and one window_seconds"),
    ],
)
def test_impossible_parts_are_refused(parts, words):
    with pytest.raises(ValueError, match=words):
        Summary(parts=parts)
