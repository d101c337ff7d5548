"""Every registered representation against an independent implementation, over a grid of settings.

The other half of the contract: a new representation is compared with librosa, scipy or matplotlib
by an entry in `PARITY`, and is refused here until it has one. Vectors of a log-mel have theirs in
`test_texture_parity.py`.
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
import scipy.signal

from earmark.audio import load_audio
from earmark.features import FEATURES, Gabor, GreyImage, LinearSpectrogram, LogMel, Mfcc
from earmark.features.texture import Texture

EVERY_FRAME = (1, 1)


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
}


def reference_of(feature, waveform):
    return PARITY[feature.name].reference(feature, waveform)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[6], duration_seconds=6.1)


def test_every_representation_has_a_reference():
    others = {name for name in FEATURES if not issubclass(FEATURES[name], Texture)}
    missing = sorted(others - set(PARITY))
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
