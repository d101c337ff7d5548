"""What a model is tried with, and that workers and chance cannot change what is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from earmark import Classifier
from earmark.datasets import Track
from earmark.errors import BadBundle
from earmark.robustness import trying
from earmark.robustness.changes import CHANGES
from earmark.robustness.trying import UNTOUCHED, generator, read_piece, try_file, try_tracks


@pytest.fixture(scope="module")
def clips(album, tmp_path_factory, write_sound) -> list[Track]:
    """Two pieces of the album, a few seconds of each."""
    from earmark import load_audio

    folder = tmp_path_factory.mktemp("clips")
    return [
        Track(
            id=genre,
            path=write_sound(
                folder / f"{genre}.wav", load_audio(path, duration_seconds=3.5), 22050
            ),
            labels={"genre": genre},
        )
        for genre, path in (("blues", album[0]), ("jazz", album[5]))
    ]


@pytest.fixture(scope="module")
def trials(clips):
    return list(try_tracks(clips, jobs=2))


def test_names_are_unique_and_everyday_ones_are_those_of_the_promise():
    names = [change.name for change in CHANGES]
    assert len(set(names)) == len(names)
    rare = [change.name for change in CHANGES if not change.everyday]
    assert [name.split()[0] for name in rare] == (
        ["mp3"] * 2 + ["pitch"] * 2 + ["tempo"] * 2 + ["telephone", "white", "equalizer,"]
    ) + ["length"] * 4


def test_every_change_is_judged_unless_the_track_is_too_short(trials, clips):
    for trial, track in zip(trials, clips, strict=True):
        assert (trial.track, trial.error, trial.errors) == (track, None, {})
        lacking = [change.name for change in CHANGES if change.name not in trial.changed]
        assert lacking == [f"length {seconds} s" for seconds in (5, 10, 15, 20)]
        for said in trial.changed.values():
            assert sum(said.values()) == pytest.approx(1)


def test_the_untouched_answer_is_the_taggers(trials, clips):
    classifier = Classifier.load()
    for trial, track in zip(trials, clips, strict=True):
        assert trial.changed[UNTOUCHED] == pytest.approx(
            classifier.predict(track.path).genre, abs=1e-5
        )
        assert trial.changed["wav 16 bit"] == pytest.approx(trial.changed[UNTOUCHED], abs=1e-5)


def test_changes_change_something_and_gain_hardly_does(trials):
    for trial in trials:
        off = {
            name: max(abs(said[label] - p) for label, p in trial.changed[UNTOUCHED].items())
            for name, said in trial.changed.items()
        }
        assert off["gain -6 dB"] < 0.02
        assert min(off[name] for name in ("pitch +1 semitone", "telephone band", "tempo -5 %")) > 0


def test_a_track_meets_the_same_in_every_process(trials, clips, monkeypatch):
    drawn = [change for change in CHANGES if change.by_chance]
    monkeypatch.setattr(trying, "CHANGES", drawn)
    alone = try_file(Classifier.load(), clips[1].path, clips[1].id, output="genre")
    assert len(alone["changed"]) == 1 + len(drawn) == 3
    for name, said in alone["changed"].items():
        assert trials[1].changed[name] == pytest.approx(said, abs=1e-5), name
    assert generator(0, "a", "b").random() != generator(1, "a", "b").random()
    assert generator(0, "a", "b").random() != generator(0, "b", "b").random()


def test_the_middle_of_a_long_track_is_tried(tmp_path, write_sound):
    ramp = np.linspace(-0.9, 0.9, 100 * 8000, dtype=np.float32)
    piece = read_piece(write_sound(tmp_path / "long.wav", ramp, 8000))
    assert (piece.rate, len(piece.samples)) == (8000, 31 * 8000)
    assert abs(piece.samples.mean()) < 1e-3


def test_what_cannot_be_judged_says_why(clips, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("no music")
    silent = shutil.copy(clips[0].path, tmp_path / "short.wav")
    with Path(silent).open("r+b") as file:
        file.truncate(1000)
    tracks = [Track(id=p.name, path=Path(p)) for p in (text, silent, tmp_path / "absent.wav")]
    errors = [trial.error for trial in try_tracks(tracks, jobs=1)]
    assert "not audio" in errors[0]
    assert "at least 3 s" in errors[1]
    assert errors[2] == "no such file"


def test_a_missing_bundle_is_said(clips, tmp_path):
    with pytest.raises(BadBundle, match="nowhere"):
        list(try_tracks(clips, model=tmp_path / "nowhere"))
