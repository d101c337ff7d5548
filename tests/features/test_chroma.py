"""Chords in several keys, octaves and inversions. What vectors share is in test_texture.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import Chroma

MAJOR, DIMINISHED = (0, 4, 7), (0, 3, 6, 9)


def chord(*notes, lowest=72, seconds=4):
    """Pure tones; `lowest` is a MIDI number."""
    t = np.arange(seconds * 22050) / 22050
    hertz = [440 * 2 ** ((lowest + note - 69) / 12) for note in notes]
    return sum(np.sin(2 * np.pi * f * t) for f in hertz).astype(np.float32)


def measures_of(waveform):
    feature = Chroma()
    vector = feature(waveform)
    table, done = {}, 0
    for measure, entries in feature.table.items():
        table[measure] = vector[done : done + len(entries)]
        done += len(entries)
    return table


@pytest.mark.parametrize("interval", [3, 4, 5, 7])
def test_two_notes_are_an_interval_apart(interval):
    shares = measures_of(chord(0, interval))["mean share"]
    loudest = set(np.argsort(shares)[-2:].tolist())
    assert loudest in ({0, interval}, {0, 12 - interval})  # from either of the two
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("up", [1, 5, 12])
def test_a_key_or_an_octave_more_is_nearly_the_same(up):
    before = measures_of(chord(*MAJOR, lowest=76))["mean magnitude"]
    after = measures_of(chord(*MAJOR, lowest=76 + up))["mean magnitude"]
    other = measures_of(chord(*DIMINISHED, lowest=76))["mean magnitude"]
    assert np.abs(after - before).max() < 0.5 * np.abs(other - before).max()


def test_what_divides_the_octave_evenly_stands_in_its_magnitude():
    magnitudes = measures_of(chord(*DIMINISHED, lowest=76))["mean magnitude"]
    assert magnitudes.argmax() == 4 - 1


def test_one_note_is_less_even_than_noise_and_changes_less():
    noise = np.random.default_rng(0).standard_normal(4 * 22050).astype(np.float32)
    one, many = measures_of(chord(0)), measures_of(noise)
    assert one["entropy"][0] < many["entropy"][0] <= np.log(12)
    assert one["strongest share"] > 2 * many["strongest share"]
    assert one["change"] < 0.3 * many["change"]


def test_silence_has_all_classes_alike():
    silence = measures_of(np.zeros(3 * 22050, np.float32))
    np.testing.assert_allclose(silence["mean share"], 1 / 12)
    np.testing.assert_allclose(silence["mean magnitude"], 0, atol=1e-6)


def test_a_range_without_bands_is_refused():
    with pytest.raises(ValueError, match="no band of the source is centred between f_min=30 and"):
        Chroma(f_min=30.0, f_max=40.0)
