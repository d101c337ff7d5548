"""What is done to sound, measured: by scipy's filters, the frequency of tones, and levels."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from earmark import load_audio
from earmark.robustness import sound as make
from earmark.robustness.sound import Sound

RATE = 22050


def tone(hertz: float, *, seconds: float = 4.0, rate: int = RATE, level: float = 0.5) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return Sound((level * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def noise(seconds: float = 4.0) -> Sound:
    samples = np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE))
    return Sound(samples.astype(np.float32), RATE)


def pitch(sound: Sound) -> float:
    """The strongest frequency in Hz, to a fraction of a bin."""
    spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples))))
    peak = int(spectrum.argmax())
    a, b, c = np.log(spectrum[peak - 1 : peak + 2])
    return (peak + (a - c) / (2 * (a - 2 * b + c))) * sound.rate / len(sound.samples)


def level(sound: Sound) -> float:
    """Mean power of the middle half in dB."""
    quarter = len(sound.samples) // 4
    return 10 * np.log10(np.mean(np.square(sound.samples[quarter:-quarter], dtype=np.float64)))


@pytest.mark.parametrize("hertz", [20, 60, 300, 3400])
def test_filters_are_scipys(hertz):
    source = noise()
    for change, kind in ((make.high_passed, "highpass"), (make.low_passed, "lowpass")):
        sections = signal.butter(4, hertz, kind, fs=RATE, output="sos")
        expected = signal.sosfilt(sections, source.samples.astype(np.float64))
        found = change(source, hertz)
        assert found.rate == RATE
        assert np.allclose(found.samples, expected, atol=1e-5)


@pytest.mark.parametrize("semitones", [-1, 1])
def test_a_semitone_moves_a_tone_and_not_its_end(semitones):
    found = make.shifted(tone(440), semitones)
    assert pitch(found) == pytest.approx(440 * 2 ** (semitones / 12), rel=1e-3)
    assert len(found.samples) == pytest.approx(4 * RATE, abs=0.05 * RATE)
    assert level(found) == pytest.approx(level(tone(440)), abs=0.5)


@pytest.mark.parametrize("tempo", [0.95, 1.05])
def test_tempo_moves_the_end_and_not_the_tone(tempo):
    found = make.stretched(tone(440), tempo)
    assert pitch(found) == pytest.approx(440, rel=1e-3)
    assert len(found.samples) == pytest.approx(4 * RATE / tempo, abs=0.02 * RATE)


def test_clicks_come_faster_at_a_faster_tempo():
    samples = np.zeros(8 * RATE, np.float32)
    samples[:: RATE // 2] = 0.9
    found = make.stretched(Sound(samples, RATE), 1.05).samples
    places, _ = signal.find_peaks(np.abs(found), height=0.4, distance=RATE // 4)
    assert np.diff(places).mean() == pytest.approx(RATE / 2 / 1.05, rel=0.01)


def test_rates_keep_what_they_can_hold():
    both = Sound(tone(1000).samples + tone(9000).samples, RATE)
    found = make.resampled(both, 16000)
    assert (found.rate, len(found.samples)) == (16000, 64000)
    assert level(found) == pytest.approx(level(tone(1000)), abs=0.05)


def test_a_telephone_is_narrow():
    assert make.telephoned(tone(1000)).rate == 8000
    assert level(make.telephoned(tone(1000))) == pytest.approx(level(tone(1000)), abs=0.3)
    for outside in (60, 150, 5500):
        assert level(make.telephoned(tone(outside))) < level(tone(outside)) - 20


@given(st.sampled_from([-20, -10, -6, 3, 6, 20]), st.floats(0.01, 1))
def test_gain_is_exact_to_16_bits_and_ends_at_full_scale(decibels, peak):
    source = tone(440, seconds=0.1, level=peak)
    wanted = source.samples * 10 ** (decibels / 20)
    found = make.amplified(source, decibels).samples
    assert np.allclose(found, wanted.clip(-1, 1 - 2**-15), atol=2**-15)
    guarded = make.amplified(source, decibels, guard=True).samples
    factor = min(10 ** (decibels / 20), 1 / np.abs(source.samples).max())
    assert np.allclose(guarded, factor * source.samples, atol=2**-14)


def test_silence_may_be_amplified():
    silence = Sound(np.zeros(100, np.float32), RATE)
    assert not make.amplified(silence, 6, guard=True).samples.any()


def test_noise_is_as_loud_as_asked():
    source = tone(440)
    found = make.noisy(source, 10, np.random.default_rng(0))
    added = Sound(found.samples - source.samples, RATE)
    assert level(source) - level(added) == pytest.approx(10, abs=0.2)
    again = make.noisy(source, 10, np.random.default_rng(0))
    assert np.array_equal(found.samples, again.samples)


@pytest.mark.parametrize("seed", range(5))
def test_an_equalizer_is_smooth_and_reaches_what_was_asked(seed):
    impulse = np.zeros(4 * RATE, np.float32)
    impulse[2 * RATE] = 1
    found = make.equalized(Sound(impulse, RATE), 6, np.random.default_rng(seed)).samples
    gains = 20 * np.log10(np.abs(np.fft.rfft(found)))
    hertz = np.geomspace(40, 11000, 25)  # three to an octave
    curve = np.interp(hertz, np.fft.rfftfreq(len(found), 1 / RATE), gains)
    assert np.abs(gains).max() == pytest.approx(6, abs=0.01)
    assert np.abs(np.diff(curve)).max() < 3.5
    assert curve.std() > 0.5
    assert np.argmax(np.abs(found)) == 2 * RATE  # nothing is moved


def test_a_length_is_the_middle():
    source = Sound(np.arange(10 * 100, dtype=np.float32), 100)
    assert make.middle(source, 4).samples.tolist() == list(range(300, 700))
    assert make.middle(source, 10) is None
    assert make.middle(source, 11) is None


@pytest.mark.parametrize("kilobits", [64, 128, 320])
def test_an_mp3_has_its_bit_rate_and_its_sound(tmp_path, kilobits):
    source, path = tone(440), tmp_path / "sound"
    make.write_mp3(source, path, kilobits)
    about = soundfile.info(path)
    assert (about.format, about.samplerate, about.channels) == ("MP3", 44100, 2)
    assert about.duration == pytest.approx(4, abs=0.1)
    assert 8 * path.stat().st_size / about.duration == pytest.approx(1000 * kilobits, rel=0.05)
    found = Sound(load_audio(path, rate=RATE), RATE)
    assert pitch(found) == pytest.approx(440, rel=1e-3)
    assert level(found) == pytest.approx(level(source), abs=0.5)  # LAME may take 0.45 dB


def test_a_wav_is_exact_to_16_bits(tmp_path):
    source, path = noise(0.5), tmp_path / "sound"
    make.write_wav(source, path)
    assert soundfile.info(path).subtype == "PCM_16"
    assert np.allclose(load_audio(path, rate=RATE), source.samples, atol=2**-15)
