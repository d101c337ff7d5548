"""Every vector of a log-mel against an independent implementation, over a grid of settings.

The log-mel itself is compared with librosa in `test_parity.py`; here it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.stats

from earmark.audio import load_audio
from earmark.features import FEATURES, Chroma, LogMel, Rhythm
from earmark.features.texture import Texture

SOURCES = [LogMel(), LogMel(frames_per_column=(1, 1), bands=64, mel="htk", f_max=8000.0)]


class Parity(NamedTuple):
    """What describes a window elsewhere, and for which settings beside the default."""

    describe: Callable
    grid: list[dict]


def grid(**choices) -> list[dict]:
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def group_means(array, groups):
    ends = [len(array) * i // groups for i in range(1, groups)]
    return np.array([part.mean(axis=0) for part in np.split(array, ends)])


def skews(rows, floor):
    return scipy.stats.moment(rows, 3, axis=-1) / (np.var(rows, axis=-1) + floor**2) ** 1.5


def centres_of(source):
    low, high = source.f_min, source.f_max
    return librosa.mel_frequencies(source.bands + 2, fmin=low, fmax=high, htk=source.mel == "htk")[
        1:-1
    ]


def mfcc_statistics(feature, levels):
    cepstrum = librosa.feature.mfcc(S=levels, n_mfcc=feature.coefficients)
    differences = [np.diff(cepstrum, n=order).std(axis=1) for order in range(3)]
    return np.concatenate([cepstrum.mean(axis=1), *differences, skews(cepstrum, 1.0)])


def modulation(feature, levels):
    curves = group_means(levels, feature.groups)
    columns = curves.shape[1]
    frequency, density = scipy.signal.periodogram(
        curves,
        window=scipy.signal.windows.hann(columns + 2)[1:-1],
        nfft=2 ** max(int(np.log2(columns)) + 2, feature.octaves + 2),
        detrend="constant",
    )
    octave = np.ceil(-np.log2(frequency.clip(1e-9))) - 1  # 1 is the fastest, half the rate none
    energy = [density[:, octave == i].sum(axis=1) for i in range(feature.octaves, 0, -1)]
    return 10 * np.log10(np.array(energy) * frequency[1] + 0.01).ravel()


def spectral_shape(feature, levels):
    power, band = librosa.db_to_power(levels), np.arange(float(len(levels)))
    centroid = librosa.feature.spectral_centroid(S=power, freq=band)
    spread = librosa.feature.spectral_bandwidth(S=power, freq=band)
    flatness = librosa.feature.spectral_flatness(S=power, power=1.0, amin=1e-30)
    curves = [
        *(centroid, spread),
        *(
            np.average((band[:, None] - centroid) ** order, axis=0, weights=power)[None]
            / (spread + 0.5) ** order
            for order in (3, 4)
        ),
        *(
            librosa.feature.spectral_rolloff(S=power, freq=band, roll_percent=share)
            for share in (0.5, 0.85, 0.95)
        ),
        librosa.power_to_db(flatness, top_db=None),
        librosa.power_to_db(power.max(axis=0) / power.mean(axis=0))[None],
        librosa.power_to_db(power.sum(axis=0))[None],
        np.polyfit(band, levels, 1)[:1],
        scipy.stats.entropy(power)[None],
    ]
    ends = [len(levels) * i // feature.groups for i in range(1, feature.groups)]
    for part in np.split(levels, ends):
        few = max(1, round(len(part) / 5))
        extremes = np.partition(part, [few - 1, len(part) - few], axis=0)
        curves.append((extremes[-few:].mean(axis=0) - extremes[:few].mean(axis=0))[None])
    curves = np.concatenate(curves)
    statistics = [curves.mean(1), curves.std(1), np.diff(curves).std(1)]
    return np.append(np.transpose(statistics), skews(curves, 0.01))


def harmonic_percussive(feature, levels):
    sizes = (1, feature.median_columns), (feature.median_bands, 1)
    off = [levels - scipy.ndimage.median_filter(levels, size, mode="mirror") for size in sizes]
    every = *off, *map(np.abs, off)
    return np.ravel([group_means(cells, feature.groups).mean(axis=1) for cells in every])


def rhythm(feature, levels):
    onsets = group_means(np.clip(levels[:, 1:] - levels[:, :-1], 0, None), feature.groups)
    rate = feature.rate / feature.source.hop
    rate *= feature.source.frames_per_column[1] / feature.source.frames_per_column[0]
    lags = round(feature.longest_seconds * rate)
    centred = onsets - onsets.mean(axis=1, keepdims=True)
    products = np.zeros((feature.groups, max(lags + 1, centred.shape[1])))
    for row, its_products in zip(centred, products, strict=True):
        its_products[: len(row)] = np.correlate(row, row, "full")[len(row) - 1 :]
    products = products[:, : lags + 1]
    similarity = np.mean(products / (products[:, :1] + 0.01 * onsets.shape[1]), axis=0)
    starts = np.unique(np.rint((lags + 1) ** (np.arange(12) / 12)).astype(int))
    ranges = np.split(similarity, starts)[1:]
    found, _ = scipy.signal.find_peaks(similarity, height=0)
    found = sorted(found[found >= 0.3 * rate], key=lambda lag: -similarity[lag])[:2]
    missing = [0.0] * (2 - len(found))
    return np.concatenate(
        [
            librosa.power_to_db(onsets.mean(axis=1) + 0.1),
            onsets.std(axis=1) / (onsets.mean(axis=1) + 0.1),
            skews(onsets, 0.1),
            [part.max() for part in ranges],
            [part.mean() for part in ranges],
            [np.log2(lag / rate) for lag in found] + missing,
            [similarity[lag] for lag in found] + missing,
        ]
    )


def chroma(feature, levels):
    centres = centres_of(feature.source)
    around = scipy.ndimage.uniform_filter1d(levels, 15, axis=0, mode="nearest")
    heard = (centres >= feature.f_min) & (centres <= feature.f_max)
    salience = np.zeros((12, levels.shape[1]))
    for note in range(12):
        off = (librosa.hz_to_midi(centres[heard]) - note) % 12
        weights = scipy.stats.norm.pdf(np.minimum(off, 12 - off), scale=0.6)
        salience[note] = np.average((levels - around).clip(0)[heard], axis=0, weights=weights)
    shares = (salience + 0.01 / 12) / (salience.sum(axis=0) + 0.01)
    mean = shares.mean(axis=1)
    order = (np.arange(12) + mean.argmax()) % 12
    magnitudes = np.abs(scipy.fft.fft(shares, axis=0)[1:7])
    return np.concatenate(
        [
            *(mean[order], shares.std(axis=1)[order]),
            *(magnitudes.mean(axis=1), magnitudes.std(axis=1)),
            [np.linalg.norm(np.diff(shares), 1, axis=0).mean()],
            [scipy.stats.entropy(shares).mean(), scipy.stats.entropy(mean)],
            [shares.max(axis=0).mean()],
        ]
    )


def spectrotemporal(feature, levels):
    """Each filter by sums over the whole plane, at the very points that are looked at."""
    bands, columns = levels.shape
    rows, run = 2 * bands, scipy.fft.next_fast_len(columns + 64, real=True)
    plane = scipy.fft.fft2(levels - levels.mean(axis=1, keepdims=True), (rows, run))
    seconds = feature.source.hop * np.divide(*feature.source.frames_per_column) / feature.rate

    def axis(centre, points, fewest, multiple):
        """Weights of all frequencies, and waves from these to points, `points` of which are all."""
        frequency = np.fft.fftfreq(points)
        width = max(0.4 * abs(centre), 0.008)
        off = (frequency - centre) / width
        weights = np.where(np.abs(off) <= 2.5, np.exp(-(off**2) / 2), 0)
        passing = np.count_nonzero(weights)
        if multiple > 1:
            few = int(np.ceil(passing / multiple)) * multiple
        else:
            few = scipy.fft.next_fast_len(max(passing, fewest), real=True)
        where = np.arange(few) * points / few
        return weights, np.exp(2j * np.pi * np.outer(where, frequency)) / points, few

    vector = []
    for rate, scale in product((0, *feature.rates), (0, *feature.scales)):
        for sign in [1, -1] if rate and scale else [1] if rate or scale else []:
            bands_pass, to_bands, _ = axis(sign * scale, rows, 0, 2 * feature.groups)
            time_pass, to_time, few = axis(rate * seconds, run, 16, 1)
            passed = plane * bands_pass[:, None] * time_pass
            heard = max(1, round(columns * few / run))
            ripples = abs(to_bands[: len(to_bands) // 2] @ passed @ to_time[:heard].T)
            strength = group_means(ripples, feature.groups)
            vector += [strength.mean(axis=1), strength.std(axis=1)]
    return np.log(np.concatenate(vector) + 0.001)


def cepstral_covariance(feature, levels):
    cepstrum = scipy.fft.dct(levels, axis=0, norm="ortho")[: feature.coefficients]
    end = cepstrum.shape[1] - max(feature.lags)
    matrix = np.cov(np.vstack([cepstrum[:, lag : end + lag] for lag in feature.lags]), bias=True)
    size = len(matrix)
    logarithm = scipy.linalg.logm(matrix + (0.02 * np.trace(matrix) / size + 1e-4) * np.eye(size))
    upper = np.triu(logarithm, 1) * np.sqrt(2) + np.diag(np.diag(logarithm))
    return upper[np.triu_indices(size)]


def summary(feature, levels):
    return np.concatenate([PARITY[part.name].describe(part, levels) for part in feature.parts])


SHORT = {"source": SOURCES, "window_seconds": [2.0]}

PARITY = {
    "mfcc-statistics": Parity(mfcc_statistics, grid(coefficients=[13], **SHORT)),
    "modulation": Parity(modulation, grid(groups=[12], octaves=[3, 7], **SHORT)),
    "spectral-shape": Parity(spectral_shape, grid(groups=[6], **SHORT)),
    "harmonic-percussive": Parity(
        harmonic_percussive, grid(median_columns=[5], median_bands=[9, 13], **SHORT)
    ),
    "rhythm": Parity(rhythm, grid(groups=[1, 5], longest_seconds=[1.7], **SHORT)),
    "chroma": Parity(chroma, grid(f_min=[110.0], f_max=[3000.0], **SHORT)),
    "spectrotemporal": Parity(
        spectrotemporal, grid(rates=[(0.4, 1.0, 4.0)], scales=[(0.05, 0.3)], groups=[4], **SHORT)
    ),
    "cepstral-covariance": Parity(
        cepstral_covariance, grid(coefficients=[7], lags=[(0,), (0, 1, 3)], **SHORT)
    ),
    "summary": Parity(summary, [{"parts": (Rhythm(), Chroma())}]),
}


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[6], duration_seconds=6.1)


def test_every_vector_has_a_reference():
    vectors = {name for name in FEATURES if issubclass(FEATURES[name], Texture)}
    assert vectors == set(PARITY), "add to PARITY what describes a window, by librosa or scipy"
    assert all(parity.grid for parity in PARITY.values())


@pytest.mark.filterwarnings("ignore:logm result may be inaccurate")  # by 1e-12
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        pytest.param(name, settings, id=f"{name}-{number}")
        for name, parity in PARITY.items()
        for number, settings in enumerate([{}, *parity.grid])
    ],
)
def test_equals_the_reference(name, settings, music):
    feature = FEATURES[name](**settings)
    levels = feature.source(music).astype(float)
    count = max(1, round(6.1 / feature.window_seconds))
    ends = [levels.shape[1] * i // count for i in range(1, count)]
    windows = np.split(levels, ends, axis=1)
    theirs = np.mean([PARITY[name].describe(feature, window) for window in windows], axis=0)
    np.testing.assert_allclose(feature(music), theirs, rtol=1e-5, atol=1e-5)
