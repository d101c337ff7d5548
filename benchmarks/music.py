"""The example album as files to measure with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from processes import ROOT

Stereo = Any  # an array; numpy is imported late, so that `pairs` can set its threads first


def album_in_stereo() -> tuple[Stereo, int]:
    """All pieces one after the other [shape=(samples, 2)], and their rate in Hz."""
    import numpy as np

    from earmark.audio import load_audio

    rate = 44100
    pieces = sorted((ROOT / "examples" / "album").glob("*.opus"))
    music = np.concatenate([load_audio(path, rate=rate) for path in pieces])
    return np.stack([music, np.roll(music, 300)], axis=1), rate


def write_mp3(path: Path, sound: Stereo, rate: int) -> Path:
    """Encode as MP3, piece by piece: libsndfile cannot take all at once."""
    return _write(path, sound, rate, 1, format="MP3")


def write_wav(path: Path, sound: Stereo, rate: int, *, repeats: int = 1) -> Path:
    """Write 16 bits a sample, as most wav files hold, several times over."""
    return _write(path, sound, rate, repeats, format="WAV", subtype="PCM_16")


def _write(path: Path, sound: Stereo, rate: int, repeats: int, **settings: Any) -> Path:
    import soundfile

    with soundfile.SoundFile(path, "w", rate, sound.shape[1], **settings) as file:
        for i in [*range(0, len(sound), 5 * rate)] * repeats:
            file.write(sound[i : i + 5 * rate])
    return path
