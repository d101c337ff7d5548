"""Frames against slicing by hand, for any framing in any blocks; windows against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import earmark.features.frames as module
from earmark.features.frames import Frames, Framing, gaussian_window, power, squares, window

framings = st.builds(
    Framing,
    length=st.integers(1, 60),
    n_fft=st.integers(60, 70),
    hop=st.integers(1, 90),
    centred=st.booleans(),
    frames_per_column=st.sampled_from([(1, 1), (7, 2), (2586, 775), (4, 1)]),
)


def cut_by_hand(framing, waveform, weights):
    """Frames of a padded copy, one after the other, then those that are columns."""
    before = framing.n_fft // 2 - (framing.n_fft - framing.length) // 2 if framing.centred else 0
    padded = np.concatenate([np.zeros(before), waveform, np.zeros(2 * framing.n_fft)])
    above, below = framing.frames_per_column
    last = len(waveform) if framing.centred else len(waveform) - framing.length
    frames = [padded[at : at + framing.length] * weights for at in range(0, last + 1, framing.hop)]
    kept, i = [], 0
    while (i + 0.5) * above / below < len(frames):
        kept.append(
            np.pad(frames[(2 * i + 1) * above // (2 * below)], (0, framing.n_fft))[: framing.n_fft]
        )
        i += 1
    return np.array(kept)


@settings(max_examples=200, deadline=None)
@given(
    framing=framings,
    cuts=st.lists(st.integers(0, 500), max_size=8),
    samples=st.integers(1, 500),
    columns_per_chunk=st.integers(1, 9),
)
def test_frames_are_those_cut_by_hand(framing, cuts, samples, columns_per_chunk):
    rng = np.random.default_rng(samples)
    waveform = rng.standard_normal(samples).astype(np.float32)
    weights = rng.uniform(0, 1, framing.length).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SAMPLES_PER_CHUNK", columns_per_chunk * framing.n_fft)
        frames = Frames(framing, weights)
        chunks = []
        for block in np.split(waveform, sorted(cuts)):
            chunks += [chunk.copy() for chunk in frames.push(block)]
        expected = cut_by_hand(framing, waveform, weights)
        assert framing.columns(samples) == len(expected)
        if len(expected) == 0:
            with pytest.raises(ValueError, match="too few"):
                frames.end()
            return
        chunks += [chunk.copy() for chunk in frames.end()]
    assert {len(chunk) for chunk in chunks[:-1]} <= {columns_per_chunk}
    np.testing.assert_allclose(np.concatenate(chunks), expected, rtol=1e-6)


def test_a_waveform_is_let_go_as_it_comes():
    framing = Framing(length=64, n_fft=64, hop=32, centred=True)
    frames = Frames(framing, np.ones(64, np.float32))
    for _ in range(200):
        for _chunk in frames.push(np.zeros(10_000, np.float32)):
            pass
    kept = sum(len(block) for block in frames._pending)
    assert kept < framing.columns_per_chunk * framing.hop + 10_000


@pytest.mark.parametrize("length", [1, 7, 1024, 2205])
@pytest.mark.parametrize("name", ["hann", "hamming", "rectangular", "hann-symmetric"])
def test_windows_equal_scipy(name, length):
    kind = {"rectangular": "boxcar"}.get(name, name.removesuffix("-symmetric"))
    theirs = scipy.signal.get_window(kind, length, fftbins="symmetric" not in name)
    if length > 1:  # a window of one sample is 1 by scipy's convention only
        np.testing.assert_allclose(window(name, length), theirs, atol=1e-7)
    assert not window(name, length).flags.writeable


@pytest.mark.parametrize(("length", "deviation"), [(2048, 256.0), (512, 100.5)])
def test_the_gaussian_equals_scipy(length, deviation):
    theirs = scipy.signal.windows.gaussian(length, deviation, sym=False)
    np.testing.assert_allclose(gaussian_window(length, deviation), theirs, atol=1e-7)


@pytest.mark.parametrize("n_fft", [1, 2, 511, 2048])
def test_power_equals_numpy(n_fft):
    frames = np.random.default_rng(n_fft).standard_normal((5, n_fft)).astype(np.float32)
    expected = np.abs(np.fft.rfft(frames.astype(float))) ** 2
    np.testing.assert_allclose(power(frames), expected, rtol=1e-4, atol=1e-3)
    assert squares(frames).shape == (5, 2 * expected.shape[1])
