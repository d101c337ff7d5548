"""Every registered representation against an independent implementation, over a grid of settings.

The other half of the contract: a new representation is compared with librosa, scipy or matplotlib
by an entry in `PARITY`, and is refused here until it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import librosa
import matplotlib as mpl
import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
import scipy.signal
import scipy.stats

from earmark.audio import load_audio
from earmark.features import (
    FEATURES,
    Chroma,
    Gabor,
    GreyImage,
    LinearSpectrogram,
    LogMel,
    Mfcc,
    Rhythm,
)

EVERY_FRAME = (1, 1)
SOURCES = [LogMel(), LogMel(frames_per_column=EVERY_FRAME, bands=64, mel="htk", f_max=8000.0)]


class Parity(NamedTuple):
    """How a representation is computed elsewhere, how close they come, and for which settings.

    The tolerance is a share of the range of values, where they have one: 1e-5 of 80 dB.
    """

    reference: Callable
    tolerance: float
    grid: list[dict]


def grid(**choices) -> list[dict]:
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def window_of(name, length):
    if name == "hann-symmetric":
        return np.hanning(length)
    return scipy.signal.get_window({"rectangular": "boxcar"}.get(name, name), length)


def power_spectrum(waveform, *, window, n_fft, hop, centred):
    """|X|² by librosa, which puts a short window in the middle of the transform."""
    if not centred:
        room = n_fft - len(window)
        waveform = np.pad(waveform, (room // 2, room - room // 2))
    spectrum = librosa.stft(
        waveform,
        n_fft=n_fft,
        win_length=len(window),
        hop_length=hop,
        window=window,
        center=centred,
        pad_mode="constant",
    )
    return np.abs(spectrum) ** 2


def mel_levels(feature, waveform, *, window, centred):
    power = power_spectrum(
        waveform, window=window, n_fft=feature.n_fft, hop=feature.hop, centred=centred
    )
    mel = librosa.feature.melspectrogram(
        S=power,
        sr=feature.rate,
        n_fft=feature.n_fft,
        n_mels=feature.bands,
        fmin=feature.f_min,
        fmax=feature.f_max,
        htk=feature.mel == "htk",
    )
    return librosa.power_to_db(mel, ref=np.max, top_db=feature.range_db)


def log_mel(feature, waveform):
    above, below = feature.frames_per_column
    if above != below:  # of all frames, those that columns keep, relative to the loudest kept
        every = log_mel(replace(feature, frames_per_column=EVERY_FRAME, range_db=200.0), waveform)
        wanted = np.floor((np.arange(every.shape[1]) + 0.5) * above / below).astype(int)
        kept = every[:, wanted[wanted < every.shape[1]]]
        return np.maximum(kept - kept.max(), -feature.range_db)
    return mel_levels(feature, waveform, window=window_of("hann", feature.n_fft), centred=True)


def linear_spectrogram(feature, waveform):
    power = power_spectrum(
        waveform,
        window=window_of(feature.window, feature.n_fft),
        n_fft=feature.n_fft,
        hop=feature.hop,
        centred=feature.centred,
    )
    return librosa.power_to_db(power, ref=np.max, top_db=feature.range_db)


def mfcc(feature, waveform):
    window = window_of(feature.window, feature.length)
    levels = mel_levels(feature, waveform, window=window, centred=feature.centred)
    if feature.logarithm == "natural":
        levels = np.log(10 ** (levels / 10))
    return scipy.fft.dct(levels, axis=0, norm="ortho")[: feature.coefficients]


def gabor(feature, waveform):
    transform = scipy.signal.ShortTimeFFT(
        scipy.signal.windows.gaussian(feature.n_fft, feature.deviation, sym=False),
        feature.hop,
        feature.rate,
    )
    columns = 1 + len(waveform) // feature.hop
    magnitude = np.abs(transform.stft(waveform.astype(float), p0=0, p1=columns))
    if feature.scale == "magnitude":
        return magnitude / magnitude.max()
    return librosa.amplitude_to_db(magnitude, ref=np.max, top_db=feature.range_db)


def periodogram(feature, waveform):
    if feature.segment:
        _, density = scipy.signal.welch(
            waveform,
            feature.rate,
            window=window_of(feature.window, feature.segment),
            noverlap=feature.segment - feature.hop,
            detrend=False,
        )
    else:
        window = window_of(feature.window, len(waveform))
        _, density = scipy.signal.periodogram(waveform, feature.rate, window, detrend=False)
    return librosa.power_to_db(density, ref=np.max, amin=1e-30, top_db=feature.range_db)


def means(array, cells, axis):
    """Means over equal stretches: each cell repeated until it divides."""
    count = array.shape[axis]
    fine = np.repeat(array, cells // np.gcd(count, cells), axis)
    parts = np.split(fine, cells, axis)
    return np.stack([part.mean(axis) for part in parts], axis)


def grey_image(feature, waveform):
    low, high = feature.source.value_range
    levels = (reference_of(feature.source, waveform) - low) / (high - low)
    return means(means(levels, feature.columns, 1), feature.rows, 0)


def colour_image(feature, waveform):
    return mpl.colormaps[feature.colour_map](grey_image(feature, waveform))[..., :3]


def image_pair(feature, waveform):
    return np.stack([grey_image(part, waveform) for part in (feature.first, feature.second)], -1)


def slices(feature, waveform):
    length = round(feature.seconds * feature.rate)
    hop = round((feature.hop_seconds or feature.seconds) * feature.rate)
    starts = range(0, len(waveform) - length + 1, hop)
    return np.stack([reference_of(feature.source, waveform[i : i + length]) for i in starts])


def of_windows(describe):
    """The mean of what describes each texture window."""

    def reference(feature, waveform):
        levels = reference_of(feature.source, waveform).astype(float)
        columns = librosa.get_duration(y=waveform, sr=feature.rate) / feature.window_seconds
        count = max(1, round(columns))
        ends = [levels.shape[1] * i // count for i in range(1, count)]
        return np.mean([describe(feature, part) for part in np.split(levels, ends, axis=1)], axis=0)

    return reference


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
    statistics = [curves.mean(1), curves.std(1), np.diff(curves).std(1), skews(curves, 0.01)]
    return np.transpose(statistics).ravel()


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


def summary(feature, waveform):
    return np.concatenate([reference_of(part, waveform) for part in feature.parts])


PARITY = {
    "log-mel": Parity(
        log_mel,
        1e-5,
        [
            {},
            *grid(
                frames_per_column=[EVERY_FRAME, (7, 2)],
                mel=["slaney", "htk"],
                n_fft=[1024, 2048],
                hop=[300, 512],
                bands=[40],
                f_max=[8000.0],
            ),
        ],
    ),
    # At −80 dB the rounding of 32-bit transforms begins to show.
    "linear-spectrogram": Parity(
        linear_spectrogram,
        1e-4,
        [
            {},
            *grid(
                n_fft=[512, 1024],
                hop=[256, 1100],
                window=["hann", "hann-symmetric", "hamming"],
                centred=[True, False],
                range_db=[70.0],
            ),
            {"window": "rectangular", "rate": 44100},
        ],
    ),
    "mfcc": Parity(
        mfcc,
        1e-3,
        [
            {},
            *grid(
                mel=["slaney", "htk"],
                logarithm=["natural", "decibels"],
                centred=[True, False],
                window=["hann", "hamming"],
            ),
            *grid(length=[1024, 1500, 2048], n_fft=[2048], hop=[512], centred=[True, False]),
            {"length": 2205, "n_fft": 2206, "bands": 26, "coefficients": 13, "f_max": 11025.0},
        ],
    ),
    "gabor": Parity(
        gabor,
        2e-5,
        [
            {},
            *grid(
                scale=["magnitude", "decibels"],
                n_fft=[1024, 2048],
                hop=[256, 700],
                deviation=[100.0, 250.5],
                range_db=[70.0],
            ),
        ],
    ),
    "periodogram": Parity(
        periodogram,
        2e-5,
        [
            {},
            *grid(segment=[512, 4096], hop=[256, 512], window=["hann", "hamming", "rectangular"]),
            *grid(segment=[0], window=["rectangular", "hann"], range_db=[60.0]),
        ],
    ),
    "grey-image": Parity(
        grey_image,
        2e-5,
        [
            {},
            *grid(
                rows=[72, 144],
                columns=[108, 216],
                source=[LinearSpectrogram(), Gabor(), LogMel()],
            ),
        ],
    ),
    # The 256 colours of a map are stored as bytes.
    "colour-image": Parity(
        colour_image,
        4e-3,
        [{}, *grid(colour_map=["magma", "viridis"], rows=[72], columns=[108])],
    ),
    "image-pair": Parity(
        image_pair,
        2e-5,
        [{}, {"first": GreyImage(source=Gabor()), "second": GreyImage(source=LogMel())}],
    ),
    "slices": Parity(
        slices,
        1e-4,
        [{}, *grid(source=[Mfcc(), LogMel()], seconds=[2.0], hop_seconds=[None, 1.3])],
    ),
    "mfcc-statistics": Parity(
        of_windows(mfcc_statistics),
        2e-3,
        [{}, *grid(coefficients=[13], window_seconds=[2.0], source=SOURCES)],
    ),
    "modulation": Parity(
        of_windows(modulation),
        2e-3,
        [{}, *grid(groups=[12], octaves=[3, 7], window_seconds=[2.0], source=SOURCES)],
    ),
    "spectral-shape": Parity(
        of_windows(spectral_shape),
        2e-3,
        [{}, *grid(groups=[6], window_seconds=[2.0], source=SOURCES)],
    ),
    "harmonic-percussive": Parity(
        of_windows(harmonic_percussive),
        1e-3,
        [
            {},
            *grid(median_columns=[5], median_bands=[9, 13], window_seconds=[2.0], source=SOURCES),
        ],
    ),
    "rhythm": Parity(
        of_windows(rhythm),
        1e-3,
        [{}, *grid(groups=[1, 5], longest_seconds=[1.7], window_seconds=[3.0], source=SOURCES)],
    ),
    "chroma": Parity(
        of_windows(chroma),
        1e-3,
        [{}, *grid(f_min=[110.0], f_max=[3000.0], window_seconds=[2.0], source=SOURCES)],
    ),
    "summary": Parity(summary, 2e-3, [{}, {"parts": (Rhythm(), Chroma())}]),
}


def reference_of(feature, waveform):
    return PARITY[feature.name].reference(feature, waveform)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[6], duration_seconds=6.1)


def test_every_representation_has_a_reference():
    missing = sorted(set(FEATURES) - set(PARITY))
    assert not missing, (
        f"{missing}: add to PARITY an implementation by librosa, scipy or matplotlib, how far "
        "apart cells may be, and a grid of settings"
    )
    assert all(len(parity.grid) > 1 for parity in PARITY.values())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        pytest.param(name, settings, id=f"{name}-{number}")
        for name, parity in PARITY.items()
        for number, settings in enumerate(parity.grid)
    ],
)
def test_equals_the_reference(name, settings, music):
    feature = FEATURES[name](**settings)
    ours, theirs = feature(music), reference_of(feature, music)
    assert ours.shape == theirs.shape
    low, high = feature.value_range or (0, 1)
    assert np.abs(ours - theirs).max() < PARITY[name].tolerance * (high - low)
