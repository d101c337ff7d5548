"""Runs side by side: whole, in the words of the metrics, and refused where nothing is common."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from earmark.errors import BadRun
from earmark.evaluation.pairing import pair
from earmark.evaluation.summary import summarise
from earmark.reporting.comparison import (
    HEAD,
    TAIL,
    chance,
    compare,
    head,
    measured,
    names,
    remarks,
    sentence,
    tail,
    titles,
)
from earmark.reporting.comparison_page import as_html
from earmark.reporting.runs import read_run

from ..pages import Page
from .conftest import make_answers


@pytest.fixture
def runs(make_run):
    """Two runs that judged the same tracks, and one that judged others."""
    answers = [make_answers(seed=seed, skill=skill) for seed, skill in ((0, 2.0), (1, 0.5))]
    other = make_answers(seed=2, tracks=30)
    return [
        read_run(make_run(name, [given]))
        for name, given in zip(("good", "bad", "other"), [*answers, other], strict=True)
    ]


def test_it_says_what_summary_and_pairing_say(runs):
    about = compare(runs)
    assert json.loads(json.dumps(about, allow_nan=False)) == about
    assert (about["output"], about["kind"]) == ("genre", "classes")
    for row, run in zip(about["runs"], runs, strict=True):
        assert row["measures"] == summarise(run.answers["genre"])["per_track"]
        assert row["gap"] == pytest.approx(0.2)
    first = about["pairs"][0]
    assert first == {
        "first": "good",
        "second": "bad",
        **pair(runs[0].answers["genre"], runs[1].answers["genre"]).to_dict(),
    }
    assert first["p_value"] < 0.01


def test_runs_that_judged_different_tracks_are_not_paired(runs):
    pairs = compare(runs)["pairs"]
    assert len(pairs) == 3
    for found in pairs[1:]:
        reason = "they judged different tracks (60 and 30, 30 of them the same)"
        assert found["not_paired"] == reason
        assert sentence(found).endswith(f"cannot be paired: {reason}")


def test_cells_fit_their_titles(runs):
    about = compare(runs)
    for row in about["runs"]:
        assert len(head(row)) == len(HEAD)
        assert len(measured(row)) == len(titles("classes"))
        assert len(tail(row)) == len(TAIL)
    row = about["runs"][0]
    data = "gtzan-mel + quadrants-mel"
    assert head(row) == ["good", "stats-cnn", data, "valid, chosen on it", "60"]
    assert tail(row) == ["175,000", "2 of 3", "1.25", "+20.0"]


@pytest.mark.parametrize("kind", ["tags", "number"])
def test_other_kinds_of_questions(make_run, kind):
    runs = [read_run(make_run(name, [make_answers(kind)])) for name in ("one", "two")]
    about = compare(runs)
    assert about["kind"] == kind
    assert len(measured(about["runs"][0])) == len(titles(kind))
    assert "only answers to one question" in about["pairs"][0]["not_paired"]
    assert Page(as_html(about, runs)).needs_nothing_but_itself()


def test_what_is_not_known_is_a_dash(make_run):
    about = {"parameters": None, "seconds_per_epoch": None}
    folder = make_run("old", [make_answers()], **about)
    (folder / "metrics.jsonl").unlink()
    run = read_run(folder)
    found = compare([run])
    assert tail(found["runs"][0]) == ["–", "2 of 3", "–", "–"]
    assert found["pairs"] == []
    assert "How they learnt" not in Page(as_html(found, [run])).text


def test_a_question_must_be_common(make_run):
    genre = read_run(make_run("genre", [make_answers()]))
    number = read_run(make_run("number", [make_answers("number")]))
    both = read_run(make_run("both", [make_answers("number"), make_answers()]))
    assert compare([both, genre])["output"] == "genre"
    assert compare([both, number])["output"] == "valence"
    with pytest.raises(BadRun, match="no question that all of these runs answer"):
        compare([genre, number])
    with pytest.raises(BadRun, match="answers genre, not mood"):
        compare([genre], "mood")


def test_one_name_for_two_kinds_of_question_is_refused(make_run):
    tags = replace(make_answers("tags"), output="genre")
    runs = [read_run(make_run(n, [a])) for n, a in (("one", make_answers()), ("two", tags))]
    with pytest.raises(BadRun, match="not the same kind of question to all: one classes, two tags"):
        compare(runs)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["a/s0", "b/s0"], ["a", "b"]),
        (
            ["cnn/x/naive/0", "cnn/x/free/0", "lstm/x/free/0"],
            ["cnn/x/naive", "cnn/x/free", "lstm/x/free"],
        ),
        (["a/s0", "a/s1"], ["s0", "s1"]),
        (["s0"], ["s0"]),
    ],
)
def test_runs_are_called_by_what_differs(make_run, folders, expected):
    assert names([read_run(make_run(folder, [make_answers()])) for folder in folders]) == expected


def test_a_run_that_is_named_twice_is_refused(make_run):
    run = read_run(make_run("s0", [make_answers()]))
    with pytest.raises(BadRun, match="s0: named twice"):
        compare([run, run])


def test_folds_are_compared_as_one_run(make_run, tmp_path):
    whole = make_answers(seed=1)
    for i in range(3):
        part = make_answers().rows(np.arange(i, 60, 3))
        make_run(f"folds/fold-{i}", [part], epoch=[9, 2, 5][i], judged="test")
    runs = [read_run(tmp_path / "folds"), read_run(make_run("once", [whole]))]
    about = compare(runs)
    row = about["runs"][0]
    assert (row["n_tracks"], row["trainings"], row["epoch"]) == (60, 3, 5)
    assert head(row)[3] == "test, 3 folds"
    assert row["measures"]["accuracy"] == make_answers().right.mean()
    assert "p_value" in about["pairs"][0]
    assert "folds: each track" in "\n".join(remarks(about))
    page = Page(as_html(about, runs))
    assert {"folds: fold-0", "folds: fold-2", "once"} <= set(page.words)


def test_chances_in_words(runs):
    assert (chance(0.0004), chance(0.05), chance(1.0)) == ("< 0.001", "0.050", "1.000")
    words = sentence(compare(runs)["pairs"][0])
    assert words.startswith("good against bad: alone right on ")
    assert "p < 0.001" in words


def test_remarks_are_made_where_they_belong(runs):
    text = "\n".join(remarks(compare(runs[:2])))
    assert "gap:" in text
    assert "flatters" in text
    assert "not corrected" not in text
    again = replace(runs[1], path=runs[1].path.with_name("again"))
    assert "there being 3 of them" in "\n".join(remarks(compare([*runs[:2], again])))


def test_the_page_says_what_the_table_says(runs):
    about = compare(runs)
    page = Page(as_html(about, runs))
    for row in about["runs"]:
        for cell in [*head(row), *measured(row), *tail(row)]:
            assert cell in page.words
    for found in about["pairs"]:
        assert sentence(found) in page.words
    for line in remarks(about):
        assert line in page.words
    assert page.needs_nothing_but_itself()
    assert sum(tag == "svg" for tag, _ in page.tags) == 1 + 2 * 3
    assert sum(tag == "details" for tag, _ in page.tags) == 3


def test_names_cannot_break_the_page(make_run):
    evil = "<script>alert(1)<&script>"
    answers = replace(make_answers(), artists=(evil,) * 60)
    runs = [read_run(make_run(name, [answers], network=evil)) for name in ("a", evil)]
    text = as_html(compare(runs), runs)
    assert "<script" not in text
    Page(text)
