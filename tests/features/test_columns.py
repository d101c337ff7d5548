"""Levels below the loudest cell, and columns that wait for it in memory or in a file."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest

import earmark.features.columns as module
from earmark.features import FEATURES, LogMel
from earmark.features.columns import Spool, decibels


def test_decibels_of_silence_are_0_and_of_a_peak_too():
    assert (decibels(np.zeros((2, 2), np.float32), peak=0.0, range_db=80) == 0).all()
    levels = decibels(np.array([[1e-6, 1e-3, 1, 1e-30]], np.float32) * 7, peak=7.0, range_db=50)
    np.testing.assert_allclose(levels, [[-50, -30, 0, -50]], atol=1e-5)


@pytest.mark.parametrize("bytes_in_memory", [0, 1000, 1 << 20])
def test_a_spool_gives_back_what_it_took(monkeypatch, bytes_in_memory):
    monkeypatch.setattr(module, "_BYTES_IN_MEMORY", bytes_in_memory)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((rows, 7)).astype(np.float32) for rows in (3, 50, 1, 20)]
    spool = Spool()
    for array in arrays:
        spool.append(array)
    drained = list(spool.drain())
    assert len(drained) == len(arrays)
    for ours, theirs in zip(drained, arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        ours[:] = 0  # the caller may overwrite them


@pytest.mark.parametrize("name", ["log-mel", "linear-spectrogram", "mfcc", "gabor"])
def test_through_a_file_or_through_memory_is_the_same(name, monkeypatch):
    waveform = np.random.default_rng(0).standard_normal(80 * 22050).astype(np.float32)
    waveform[-9000:] *= 30  # the loudest cell comes last
    feature = FEATURES[name]()
    in_memory = feature(waveform)
    monkeypatch.setattr(module, "_BYTES_IN_MEMORY", 100_000)
    stream = feature.stream()
    stream.push(waveform)
    pieces = list(stream.blocks())
    assert len(pieces) > 3
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), in_memory)
    np.testing.assert_array_equal(feature(waveform), in_memory)


def test_no_file_is_opened_for_a_song(monkeypatch):
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    LogMel()(np.zeros(5 * 60 * 22050, np.float32))


def test_cells_on_their_own_scale():
    waveform = np.random.default_rng(0).standard_normal(22050 * 4).astype(np.float32)
    feature = LogMel()
    power = feature.power(waveform)
    before = power.copy()
    np.testing.assert_array_equal(feature.to_decibels(power), feature(waveform))
    np.testing.assert_array_equal(power, before)
