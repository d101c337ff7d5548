"""Accuracy, drops and flips of trials that were made up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from earmark.datasets import Track
from earmark.errors import BadDataset
from earmark.evaluation.intervals import wilson_interval
from earmark.robustness.changes import CHANGES
from earmark.robustness.summary import summarise_trials
from earmark.robustness.trying import UNTOUCHED, Trial

LABELS = ("jazz", "rock")


def said(label: str) -> dict[str, float]:
    return {name: 0.8 if name == label else 0.2 for name in LABELS}


def trial(truth: str, untouched: str, *, number: int, **changed: str) -> Trial:
    """A trial in which all changes leave the answer, but for those of "jazz", "rock", "" or "!"."""
    names = {change.name.replace(" ", "_"): change.name for change in CHANGES}
    answers = dict.fromkeys(names.values(), untouched) | {
        name: changed[key] for key, name in names.items() if key in changed
    }
    return Trial(
        Track(
            id=str(number), path=Path("x"), labels={"genre": truth}, artist=f"band {number // 2}"
        ),
        {UNTOUCHED: said(untouched)}
        | {name: said(label) for name, label in answers.items() if label in LABELS},
        {name: "too odd" for name, label in answers.items() if label == "!"},
    )


@pytest.fixture
def report() -> dict:
    odd = {
        "high-pass_60_Hz": "rock",
        "length_20_s": "",
        "telephone_band": "!",
        "mp3_64_kbit/s": "rock",
    }
    trials = [
        trial("jazz", "jazz", number=0, **odd),
        trial("jazz", "jazz", number=1, **odd),
        trial("rock", "jazz", number=2, **odd),
        trial("rock", "rock", number=3),
        Trial(Track(id="4", path=Path("x"), labels={"genre": "jazz"}), error="damaged"),
    ]
    return summarise_trials(trials, LABELS)


def row(report: dict, name: str) -> dict:
    (found,) = [row for row in report["changes"] if row["name"] == name]
    return found


def test_what_changes_nothing_costs_nothing(report):
    assert (report["n_tracks"], report["n_failed"]) == (4, 1)
    assert report["untouched"]["accuracy"] == 0.75
    assert report["untouched"]["accuracy_interval"] == wilson_interval(3, 4)
    same = row(report, "rate 16 kHz")
    assert (same["n"], same["accuracy"], same["drop"], same["flip_rate"]) == (4, 0.75, 0, 0)
    assert same["drop_interval_by_artist"] == (0, 0)
    assert [each["name"] for each in report["changes"]] == [change.name for change in CHANGES]
    json.dumps(report, allow_nan=False)


def test_a_flip_may_be_for_the_better(report):
    odd = row(report, "high-pass 60 Hz")
    assert (odd["accuracy"], odd["drop"], odd["flip_rate"]) == (0.5, 0.25, 0.75)
    assert odd["flip_rate_interval"] == wilson_interval(3, 4)
    assert odd["drop_interval_by_artist"] == (
        -0.5,
        1,
    )  # the first band loses two, the other gains one


def test_everyday_changes_are_summed_up(report):
    n = sum(change.everyday for change in CHANGES)
    assert report["everyday"] == {
        "mean_drop": pytest.approx(0.25 / n),
        "largest_drop": 0.25,
        "largest_drop_of": "high-pass 60 Hz",
    }


def test_what_could_not_be_judged_or_does_not_apply_is_left_out(report):
    phone, length = row(report, "telephone band"), row(report, "length 20 s")
    assert (phone["n"], phone["n_failed"], phone["drop"]) == (1, 3, 0)
    assert (length["n"], length["n_failed"]) == (1, 0)
    assert phone["drop_interval_by_artist"] is None


def test_mp3_and_wav_are_held_against_each_other(report):
    same = {each["name"]: each["same"] for each in report["mp3_and_wav"]}
    assert same["mp3 64 kbit/s"] == 0.25
    assert {share for name, share in same.items() if name != "mp3 64 kbit/s"} == {1}


def test_what_the_model_would_rather_not_say_is_counted_apart():
    heard = [trial("jazz", "jazz", number=i) for i in range(4)]
    heard[0] = replace(heard[0], unknown={UNTOUCHED: "noise", "telephone band": "speech"})
    heard[1] = replace(heard[1], unknown={"telephone band": "speech"})
    found = summarise_trials(heard, LABELS)
    phone = row(found, "telephone band")
    assert (phone["accuracy"], phone["unknown_rate"]) == (1, 0.5)
    assert phone["unknown_rate_interval"] == wilson_interval(2, 4)
    assert found["untouched"]["unknown_rate"] == 0.25
    assert row(found, "rate 16 kHz")["unknown_rate"] == 0


def test_a_change_that_never_applies_has_no_row():
    short = summarise_trials([trial("jazz", "jazz", number=0, length_20_s="")], LABELS)
    assert "length 20 s" not in [each["name"] for each in short["changes"]]


def test_something_must_be_heard():
    nothing = [Trial(Track(id="x", path=Path("x.mp3")), error="damaged")]
    with pytest.raises(BadDataset, match=r"none of 1 tracks could be judged: x\.mp3: damaged"):
        summarise_trials(nothing, LABELS)
