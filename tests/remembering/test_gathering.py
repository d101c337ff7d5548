"""Vectors of music and of made sounds are taken in the tagger's own way."""

import numpy as np
import pytest

from earmark.datasets import open_dataset
from earmark.errors import BadDataset
from earmark.features import LogMel
from earmark.remembering.gathering import SUMMARY, gather_music, gather_sounds, stretch
from earmark.sounds import LEARNT, make


def louder_above(log_mel):
    """Something that can be told from the vector."""
    changed = log_mel.copy()
    changed[64:] = np.minimum(changed[64:] + 10, 0)
    return changed


def test_a_sound_is_heard_before_it_is_described():
    makers = {"tone": LEARNT["tone"]}
    plain = gather_sounds(makers, 2, seconds=[5.0])
    changed = gather_sounds(makers, 2, heard=louder_above, seconds=[5.0])
    assert (plain.kinds, plain.codes.tolist()) == (("tone",), [0, 0])
    for i in range(2):
        log_mel = LogMel()(make(LEARNT["tone"], "tone", i, seconds=5.0))
        np.testing.assert_allclose(plain.vectors[i], SUMMARY.from_log_mel(log_mel), rtol=1e-5)
        expected = SUMMARY.from_log_mel(louder_above(log_mel))
        np.testing.assert_allclose(changed.vectors[i], expected, rtol=1e-5)
    assert not np.allclose(plain.vectors, changed.vectors)


def test_music_is_heard_whole_and_in_stretches(miniature, tmp_path):
    datasets = [open_dataset("gtzan-mel", miniature)]
    seen = []

    def heard(log_mel):
        seen.append(log_mel.shape[1])
        return louder_above(log_mel)

    plain = gather_music(datasets, tmp_path)
    changed = gather_music(datasets, tmp_path, heard=heard)
    assert seen[:4] == [100, 100, 100, 65]  # a whole one is as short; 10 s, then 5 s of it
    assert changed.vectors.shape == plain.vectors.shape == (40, len(SUMMARY.names))
    for both in ("vectors", "stretches"):
        assert not np.isclose(getattr(plain, both), getattr(changed, both)).all(axis=1).any()


def test_a_stretch_is_relative_to_its_own_loudest_cell():
    import random

    log_mel = np.full((128, 400), -70, np.float32)
    log_mel[:, 200:] = -20
    part = stretch(log_mel[:, :150], 5.0, random.Random(0))
    assert part.max() == 0
    assert part.shape[1] == 65
    assert stretch(log_mel, 60.0, random.Random(0)).min() == -50


def test_no_music_is_told(tmp_path):
    with pytest.raises(BadDataset, match="no data set has a track"):
        gather_music([], tmp_path)
