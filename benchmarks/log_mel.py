"""Log-mel from decoded audio: Earmark against librosa, one thread, with either FFT.

python benchmarks/log_mel.py [--json]
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pairs import Row, compare, main

ALBUM = Path(__file__).parents[1] / "examples" / "album"


def measure() -> list[Row]:
    import librosa
    import numpy as np
    import scipy.fft

    from earmark.audio import load_audio
    from earmark.features.frames import numpy_rfft
    from earmark.features.log_mel import LogMel

    pieces = [load_audio(path) for path in sorted(ALBUM.glob("*.opus"))[:2]]
    waveform = np.concatenate(pieces)[: 30 * 22050]
    every_frame, default = LogMel(frames_per_column=(1, 1)), LogMel()

    def theirs() -> Any:
        power = librosa.feature.melspectrogram(y=waveform, sr=22050)
        return librosa.power_to_db(power, ref=np.max)

    difference = float(np.abs(every_frame(waveform) - theirs()).max())
    assert difference < 1e-3, f"not equal to librosa: {difference} dB apart"

    cases = [
        ("librosa's settings, numpy's FFT", numpy_rfft, every_frame, 1.6),
        ("librosa's settings, scipy's FFT", scipy.fft.rfft, every_frame, 2.4),
        ("default representation, numpy's FFT", numpy_rfft, default, 4.5),
        ("default representation, scipy's FFT", scipy.fft.rfft, default, 7.0),
    ]
    rows = []
    for name, rfft, extractor, target in cases:
        with patch("earmark.features.frames._rfft", lambda rfft=rfft: rfft):
            ours = partial(extractor, waveform)
            rows.append(compare(f"log-mel of 30 s: {name}", ours, theirs, target=target, runs=101))
    return rows


if __name__ == "__main__":
    main("Log-mel against librosa.", measure)
