"""Mel scales and filters against librosa, and the papers' two formulas against each other."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.features.mel import hz_to_mel, mel_filters, mel_to_hz

frequencies = st.lists(st.floats(0, 20_000), min_size=1, max_size=20).map(np.array)


@given(frequencies, st.sampled_from(["slaney", "htk"]))
def test_scales_equal_librosa_and_invert(hz, scale):
    mel = hz_to_mel(hz, scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(hz, htk=scale == "htk"), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mel_to_hz(mel, scale), hz, rtol=1e-9, atol=1e-6)


@given(frequencies)
def test_the_two_formulas_of_the_papers_agree(hz):
    np.testing.assert_allclose(
        hz_to_mel(hz, "htk"), 1127 * np.log1p(hz / 700), rtol=1e-4, atol=1e-9
    )


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize(("bands", "n_fft", "f_max"), [(128, 2048, 11025.0), (21, 1024, 8000.0)])
def test_filters_equal_librosa(scale, bands, n_fft, f_max):
    ours = mel_filters(rate=22050, n_fft=n_fft, bands=bands, f_min=20.0, f_max=f_max, scale=scale)
    theirs = librosa.filters.mel(
        sr=22050, n_fft=n_fft, n_mels=bands, fmin=20.0, fmax=f_max, htk=scale == "htk"
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-7)
