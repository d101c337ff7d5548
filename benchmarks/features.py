"""Every representation from decoded audio against librosa or scipy at equal settings.

python benchmarks/features.py [--json]

Results are asserted to agree before anything is timed. "one thread" is one waveform of 30 s; "all
cores" is as many of them as there are cores, one thread each, ours and theirs alike. scipy is
loaded, and so both sides use its FFT.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from pairs import Row, compare, main

ALBUM = Path(__file__).parents[1] / "examples" / "album"
RATE = 22050

Pair = tuple[str, Callable[[Any], Any], Callable[[Any], Any], float, float]
"""Name, ours, theirs, by how much cells may differ, and the ratio that is aimed at."""


def pairs() -> list[Pair]:
    """What is compared: functions from a waveform [shape=(samples,)] to the feature."""
    import librosa
    import numpy as np
    import scipy.fft
    import scipy.signal
    from matplotlib import colormaps
    from PIL import Image

    from earmark.features import (
        ColourImage,
        Gabor,
        GreyImage,
        LinearSpectrogram,
        LogMel,
        Mfcc,
        Periodogram,
        Slices,
    )

    def log_mel(y: Any) -> Any:
        power = librosa.feature.melspectrogram(y=y, sr=RATE)
        return librosa.power_to_db(power, ref=np.max)

    def linear(y: Any) -> Any:
        hann = np.hanning(1024)
        spectrum = librosa.stft(y, n_fft=1024, hop_length=896, window=hann, center=False)
        return librosa.power_to_db(np.abs(spectrum) ** 2, ref=np.max)

    def mfcc(y: Any) -> Any:
        # librosa puts windows in the middle of transforms: zeros before and after, as many frames.
        power = librosa.feature.melspectrogram(
            y=np.pad(y, (945, 946)),
            sr=RATE,
            n_fft=4096,
            win_length=2205,
            hop_length=551,
            window="hamming",
            center=False,
            n_mels=40,
            fmin=20,
            fmax=8000,
            htk=True,
        )
        levels = librosa.power_to_db(power, ref=np.max)
        return librosa.feature.mfcc(S=levels, n_mfcc=21)

    def gabor(y: Any) -> Any:
        gaussian = scipy.signal.windows.gaussian(2048, 256, sym=False)
        magnitude = np.abs(librosa.stft(y, n_fft=2048, hop_length=512, window=gaussian))
        return magnitude / magnitude.max()

    def periodogram(y: Any) -> Any:
        _, density = scipy.signal.welch(
            y, RATE, window="hann", nperseg=4096, noverlap=2048, detrend=False
        )
        return librosa.power_to_db(density, ref=np.max, amin=1e-30)

    def whole_periodogram(y: Any) -> Any:
        _, density = scipy.signal.periodogram(y, RATE, detrend=False)
        return librosa.power_to_db(density, ref=np.max, amin=1e-30)

    def drawn(levels: Any) -> Any:
        # Of Pillow's filters, Hamming's comes closest to the mean of what a pixel covers.
        size, filter_ = (432, 288), Image.Resampling.HAMMING
        return np.asarray(Image.fromarray(levels.astype(np.float32)).resize(size, filter_))

    def grey_image(y: Any) -> Any:
        power = librosa.feature.melspectrogram(y=y, sr=RATE, fmax=8000, htk=True)
        return drawn(1 + librosa.power_to_db(power, ref=np.max) / 80)

    def colour_image(y: Any) -> Any:
        return colormaps["magma"](drawn(1 + log_mel(y) / 80))[..., :3]

    def slices(y: Any) -> Any:
        return np.stack([log_mel(part) for part in np.split(y, len(y) // (3 * RATE))])

    every_frame = LogMel(frames_per_column=(1, 1))
    whole = Periodogram(segment=0, window="rectangular")
    return [
        ("log-mel", every_frame, log_mel, 1e-3, 2.4),
        ("linear spectrogram", LinearSpectrogram(), linear, 1e-2, 1.0),
        ("MFCC", Mfcc(logarithm="decibels"), mfcc, 1e-2, 2.4),
        ("Gabor transform", Gabor(), gabor, 1e-5, 1.0),
        ("periodogram, averaged", Periodogram(), periodogram, 1e-2, 1.0),
        ("periodogram, whole", whole, whole_periodogram, 0.1, 1.0),
        ("grey image", GreyImage(), grey_image, 0.05, 1.0),
        ("colour image", ColourImage(), colour_image, 0.1, 1.0),
        ("slices of 3 s, log-mel,", Slices(source=every_frame), slices, 1e-3, 1.0),
    ]


def measure() -> list[Row]:
    import numpy as np

    from earmark.audio import load_audio

    music = np.concatenate([load_audio(path) for path in sorted(ALBUM.glob("*.opus"))])
    cores = os.cpu_count() or 1
    waveforms = [np.roll(music, 7 * RATE * i)[: 30 * RATE].copy() for i in range(cores)]
    rows = []
    for name, ours, theirs, bound, target in pairs():
        found, expected = ours(waveforms[0]), theirs(waveforms[0])
        difference = float(np.abs(found - expected).max())
        assert difference < bound, f"{name}: {difference} from theirs"
        one = partial(ours, waveforms[0]), partial(theirs, waveforms[0])
        rows.append(compare(f"{name} of 30 s: one thread", *one, target=target, runs=51))
        with ThreadPoolExecutor(len(waveforms)) as pool:
            every = [partial(_on_all, pool, function, waveforms) for function in (ours, theirs)]
            label = f"{name} of {len(waveforms)} × 30 s: all cores"
            rows.append(compare(label, *every, target=target, runs=51))
    return rows


def _on_all(pool: ThreadPoolExecutor, function: Callable[[Any], Any], waveforms: list[Any]) -> None:
    for _ in pool.map(function, waveforms):
        pass


if __name__ == "__main__":
    main("Representations against librosa and scipy.", measure)
