"""Made sounds are what they are called, the same for the same seed, and unlike for another."""

import numpy as np
import pytest

from earmark.errors import EarmarkError
from earmark.features import LogMel
from earmark.sounds import JUDGED, LEARNT, RATE, judged, lacking, make
from earmark.sounds.base import band, coloured, convolved, noise, oscillation
from earmark.sounds.plain import claps, steady_noise
from earmark.sounds.speech import talk

SECONDS = 4
ALL = LEARNT | {f"judged {name}": maker for name, maker in JUDGED.items()}


@pytest.mark.parametrize("name", ALL)
def test_every_maker(name):
    if lacking(name.removeprefix("judged ")):
        pytest.skip(f"{lacking(name.removeprefix('judged '))} is not installed")
    sounds = [make(ALL[name], name, i, seconds=SECONDS) for i in (0, 1, 0)]
    assert all(sound.shape == (SECONDS * RATE,) and sound.dtype == np.float32 for sound in sounds)
    assert all(np.abs(sound).max() == pytest.approx(0.5) for sound in sounds)
    np.testing.assert_array_equal(sounds[0], sounds[2])
    other = make(ALL[name], name, 0, seed=1, seconds=SECONDS)
    for sound in (sounds[1], other):
        assert abs(np.corrcoef(sounds[0], sound)[0, 1]) < 0.5


@pytest.mark.parametrize("slope_db", [-6, 0, 3])
def test_noise_has_its_slope(slope_db):
    """Power per octave band, less what white noise gains by their width, falls as it is told."""
    sound = noise(np.random.default_rng(0), 20, slope_db=slope_db)
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    edges = 100 * 2.0 ** np.arange(6)
    means = [power[(hertz >= a) & (hertz < 2 * a)].mean() for a in edges]
    assert np.diff(10 * np.log10(means)) == pytest.approx(np.full(5, slope_db), abs=0.5)


def test_a_band_falls_off_at_24_db_per_octave():
    gain = 20 * np.log10(band(500, 2000)(np.array([62.5, 125, 1000, 8000, 16000])))
    assert gain[2] == pytest.approx(-1.05, abs=0.05)
    assert gain[1] - gain[0] == pytest.approx(24, abs=0.2)
    assert gain[3] - gain[4] == pytest.approx(24, abs=0.2)


def test_filters_are_what_scipy_says():
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(1)
    sound, response = rng.normal(size=3000), rng.normal(size=700)
    expected = signal.fftconvolve(sound, response)[:3000]
    np.testing.assert_allclose(convolved(sound, response), expected, atol=1e-9)
    np.testing.assert_allclose(coloured(sound, np.ones_like), sound, atol=1e-12)


@pytest.mark.parametrize("shape", ["sine", "square", "saw", "triangle"])
def test_tones_have_their_pitch(shape):
    sound = oscillation(440.0, RATE, shape)
    assert np.abs(np.fft.rfft(sound)).argmax() == 440


def test_speech_has_pauses_pitch_and_formants():
    spoken = talk(np.random.default_rng(3), 20)
    frames = spoken[: len(spoken) // 441 * 441].reshape(-1, 441)  # 20 ms
    loudness = np.sqrt(np.square(frames).mean(axis=1))
    quiet = (loudness < 0.1 * np.quantile(loudness, 0.95)).mean()
    assert 0.1 < quiet < 0.6
    voiced = frames[loudness > np.median(loudness)].reshape(-1)
    spectrum = np.square(np.abs(np.fft.rfft(voiced)))
    hertz = np.fft.rfftfreq(len(voiced), 1 / RATE)
    assert spectrum[(hertz > 80) & (hertz < 4000)].sum() > 0.9 * spectrum.sum()


def test_noise_is_flat_and_clapping_is_sudden():
    levels = [
        LogMel()(maker(np.random.default_rng(5), 10).astype(np.float32)).mean(axis=0)
        for maker in (steady_noise, claps)
    ]
    changes = [np.abs(np.diff(level)).mean() for level in levels]
    assert changes[1] > 2 * changes[0]


def test_a_missing_program_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lacking("speech (flite)") == "flite"
    assert lacking("noise") is None
    with pytest.raises(EarmarkError, match="espeak-ng is not installed; `apt-get install"):
        judged.espeak(np.random.default_rng(0), 3)


def test_a_failing_program_is_told(monkeypatch, tmp_path):
    (tmp_path / "flite").write_text("#!/bin/sh\necho no voice >&2\nexit 3\n")
    (tmp_path / "flite").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(EarmarkError, match="flite cannot speak: no voice"):
        judged.flite(np.random.default_rng(0), 3)
