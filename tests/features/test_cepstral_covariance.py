"""Covariances and their distances. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import scipy.linalg

from earmark.features import CepstralCovariance


@pytest.mark.filterwarnings("ignore:logm result may be inaccurate")  # by 1e-12
def test_distances_are_those_of_the_matrices_logarithms(log_mels):
    feature = CepstralCovariance(coefficients=4, lags=(0,))

    def logarithm(levels):
        cepstrum = scipy.fft.dct(levels, axis=0, norm="ortho")[:4]
        covariance = np.cov(cepstrum, bias=True)
        return scipy.linalg.logm(covariance + (0.02 * np.trace(covariance) / 4 + 1e-4) * np.eye(4))

    one, other = (log_mels[genre].astype(np.float64) for genre in ("jazz", "rock"))
    ours = np.linalg.norm(feature.describe(one) - feature.describe(other))
    assert ours == pytest.approx(np.linalg.norm(logarithm(one) - logarithm(other)))


def test_twice_the_contrast_is_one_step_along_the_diagonal(log_mels):
    """A covariance times four: its logarithm plus log 4 on the diagonal."""
    levels = log_mels["jazz"].astype(np.float64)
    feature = CepstralCovariance(coefficients=3, lags=(0,))
    step = feature.describe(2 * levels) - feature.describe(levels)
    expected = np.log(4) * np.eye(3)[np.triu_indices(3)]
    np.testing.assert_allclose(step, expected, atol=1e-4)


def test_silence_has_a_finite_logarithm():
    assert np.isfinite(CepstralCovariance().describe(np.full((128, 20), -80.0))).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"coefficients": 129}, "coefficients must be at most the bands of the source, 128"),
        ({"lags": ()}, "lags must be whole numbers, ascending from 0"),
        ({"lags": (1, 2)}, "lags must be whole numbers, ascending from 0"),
        ({"lags": (0, 2, 2)}, "lags must be whole numbers, ascending from 0"),
        ({"lags": (0, 1.5)}, "lags must be whole numbers, ascending from 0"),
        ({"lags": (0, 12)}, "lags must be below 12 columns, not 12"),
        ({"lags": 5}, "lags must be whole numbers, ascending from 0, not 5"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        CepstralCovariance(**settings)
