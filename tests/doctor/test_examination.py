"""What reading a file shows: sound however it is cut, images, and whatever cannot be read."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets import Track
from earmark.doctor.checks import reading, truncation
from earmark.doctor.examination import Examination, _Meter, examine, examine_tracks
from earmark.doctor.findings import Collection
from earmark.doctor.fingerprint import take_fingerprint
from earmark.features import LogMel
from earmark.features.log_mel_image import write_log_mel_image
from earmark.sources import load_feature

RATE = 100  # of the meter's tests: ten samples are a frame

levels = st.lists(st.sampled_from([0.0, 0.0005, 0.5, -1.0, 1.0]), max_size=120)
some_cuts = st.lists(st.integers(1, 30), max_size=10)


def measured(samples: list[float], cuts: list[int]) -> _Meter:
    array = np.array(samples, np.float32)
    blocks = iter(np.split(array, np.cumsum(cuts)))
    meter = _Meter(RATE)
    passed = [*meter.metered(blocks), np.empty(0, np.float32)]
    assert np.array_equal(np.concatenate(passed), array)
    return meter


@given(levels, some_cuts)
def test_clipping_is_runs_of_three_at_full_scale(samples, cuts):
    runs = [len(list(run)) for full, run in groupby(abs(x) == 1 for x in samples) if full]
    assert measured(samples, cuts).clipped == sum(run for run in runs if run >= 3)


@given(levels, some_cuts)
def test_silence_is_frames_below_60_db(samples, cuts):
    whole = len(samples) - len(samples) % 10
    frames = np.array(samples[:whole], np.float32).reshape(-1, 10)
    silent = [bool(np.sqrt((frame**2).mean()) < 1e-3) for frame in frames]
    total, (start, longest) = measured(samples, cuts).silence()
    runs = [len(list(run)) for quiet, run in groupby(silent) if quiet]
    assert total == pytest.approx(0.1 * sum(silent))
    assert longest == pytest.approx(0.1 * max(runs, default=0))
    first, count = round(start * 10), round(longest * 10)
    assert all(silent[first : first + count])


@given(levels, some_cuts)
def test_content_does_not_depend_on_blocks(samples, cuts):
    expected = hashlib.sha256(b"100 Hz")
    expected.update(np.rint(np.array(samples, np.float32) * 32767).astype("<i2").tobytes())
    meter = measured(samples, cuts)
    assert meter.content.hexdigest() == expected.hexdigest()
    assert meter.samples == len(samples)


def test_sound_is_measured_and_heard_as_by_the_feature(album):
    seen = examine(Track(id="", path=album[2]), "audio")
    assert seen.error is None
    assert seen.rate == 48000
    assert seen.seconds == pytest.approx(28.0, abs=0.05)
    assert seen.stated_seconds == pytest.approx(seen.seconds, abs=0.05)
    log_mel = load_feature(album[2], "audio", LogMel())
    assert np.array_equal(seen.fingerprint, take_fingerprint(log_mel))
    assert len(seen.fingerprint) > 300


def test_images_are_measured_and_heard(log_mels, tmp_path):
    for name, log_mel in {"jazz": log_mels["jazz"], "empty": np.full((128, 50), -3.0)}.items():
        write_log_mel_image(tmp_path / name, log_mel.astype(np.float32), range_db=80)
    jazz, empty = (
        examine(Track(id="", path=tmp_path / name), "log-mel") for name in ("jazz", "empty")
    )
    assert jazz.columns == log_mels["jazz"].shape[1]
    assert jazz.span_db == pytest.approx(80, abs=0.4)
    assert np.abs(jazz.fingerprint - take_fingerprint(log_mels["jazz"]).astype(int)).max() <= 5
    assert empty.span_db == 0


def test_workers_see_what_this_process_sees_and_keep_the_order(album, log_mels, tmp_path):
    write_log_mel_image(tmp_path / "image.png", log_mels["pop"], range_db=80)
    (tmp_path / "bad \udcff.mp3").write_bytes(b"no music")
    tracks = [
        (Track(id="sound", path=album[0]), "audio"),
        (Track(id="image", path=tmp_path / "image.png"), "log-mel"),
        (Track(id="bad", path=tmp_path / "bad \udcff.mp3"), "audio"),
        (Track(id="absent", path=tmp_path / "absent.png"), "log-mel"),
        (Track(id="afar", path=tmp_path / "afar", url="memory://afar.wav"), "audio"),
    ]
    examined = list(examine_tracks(tracks, jobs=2))
    assert [track for track, _ in examined] == [track for track, _ in tracks]
    for (track, seen), (_, kind) in zip(examined, tracks, strict=True):
        here = examine(track, kind)
        assert seen.error == here.error
        assert seen.fingerprint.shape == here.fingerprint.shape
        # This process may have scipy's FFT; workers have numpy's.
        assert np.abs(seen.fingerprint.astype(int) - here.fingerprint).max(initial=0) <= 1
        assert (seen.content, seen.silence) == (here.content, here.silence)
    errors = {track.id: seen.error for track, seen in examined}
    assert errors["sound"] is errors["image"] is None
    assert errors["bad"] == "not audio, or damaged from the start"
    assert errors["absent"] == "no such file or directory"
    assert errors["afar"].startswith("cannot be fetched from memory://afar.wav")


def test_what_is_short_is_read_without_a_fingerprint(write_sound, song, tmp_path):
    path = write_sound(tmp_path / "blip.wav", song[:300], 44100)
    seen = examine(Track(id="", path=path), "audio")
    assert seen.error is None
    assert len(seen.fingerprint) == 0
    assert seen.content is not None


def test_a_file_without_samples_is_unreadable(tmp_path):
    soundfile.write(tmp_path / "none.wav", np.empty(0, np.float32), 44100)
    seen = examine(Track(id="", path=tmp_path / "none.wav"), "audio")
    assert seen.error == "no sound could be decoded"
    assert seen.content is None


@pytest.mark.parametrize(
    "suffix", ["wav", "flac", "mp3", "ogg", "opus", "m4a", "wma", "aiff", "au", "webm", "mka"]
)
def test_a_file_that_breaks_off_is_told_from_a_whole_one(suffix, song, write_sound, tmp_path):
    rate = 48000 if suffix in ("opus", "webm") else 44100
    path = write_sound(tmp_path / f"song.{suffix}", song, rate)
    assert truncated(examine(Track(id="", path=path), "audio")) is False
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert truncated(examine(Track(id="", path=path), "audio")) is True


def truncated(seen: Examination) -> bool:
    """Whether the check says so; an m4a without its end cannot be opened at all."""
    track = Track(id="song", path=Path())
    collection = Collection([track], {"song": "audio"}, {"song": seen}, [], {})
    return bool([*truncation.CHECK.find(collection), *reading.CHECK.find(collection)])
