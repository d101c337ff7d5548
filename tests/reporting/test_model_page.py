"""The page of one model: whole, self-contained, escaped, its plots beside their tables."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from earmark.bundle import read_bundle
from earmark.evaluation.judging import Judged, Report
from earmark.reporting.model_page import Subject, as_html, subject

from ..pages import Page
from .conftest import GENRES, make_answers

HISTORY = [
    {
        "epoch": epoch,
        "train_loss": 2 / epoch,
        "valid_loss": 2.5 / epoch,
        "train_accuracy": 0.3 * epoch,
        "valid_accuracy": 0.2 * epoch,
    }
    for epoch in (1, 2, 3)
]


def page(kind: str = "classes", of: Subject | None = None, **changes) -> Page:
    report = Report(replace(make_answers(kind), **changes))
    of = of or Subject({"model": "that one"}, HISTORY, 2)
    return Page(as_html(report.answers, report.to_dict(), of, ["it was chosen on them"]))


def ids(found: Page) -> list[str]:
    return [str(attrs["id"]) for _, attrs in found.tags if "id" in attrs]


@pytest.mark.parametrize(
    ("kind", "sections"),
    [
        ("classes", "labels confusion calibration thresholds curves learning mistakes artists"),
        ("tags", "labels calibration thresholds curves learning mistakes"),
        ("number", "numbers learning mistakes"),
    ],
)
def test_every_kind_has_its_sections(kind, sections):
    found = page(kind)
    assert ids(found) == sections.split()
    assert found.needs_nothing_but_itself()
    assert "it was chosen on them" in found.text
    assert "that one" in found.words
    assert "nan" not in found.text.lower().split()
    regions = [attrs for tag, attrs in found.tags if attrs.get("role") == "region"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)
    assert all(attrs["aria-label"] for tag, attrs in found.tags if tag == "svg")


def test_the_headline_is_the_accuracy_with_its_intervals():
    about = Report(make_answers()).to_dict()
    found = page()
    assert f"{about['accuracy']:.1%}" in found.text
    right = sum(about["confusion"][i][i] for i in range(6))
    assert f"of tracks right: {right} of 60" in found.text
    assert {"95 % (Wilson)", "95 % over artists"} <= set(found.words)


def test_the_table_of_labels_says_the_metrics():
    about = Report(make_answers()).to_dict()
    found = page()
    for label in GENRES:
        row = about["per_track"]["per_label"][label]
        assert label in found.words
        assert f"{row['precision']:.1%}" in found.words
        assert f"{row['roc_auc']:.3f}" in found.words


def test_the_overfitting_gap_is_that_of_the_kept_epoch():
    assert "at epoch 2, which was kept, accuracy was 20.0 points higher" in page().text
    assert "learning" not in ids(page(of=Subject({"model": "built in"})))


def test_the_surest_mistakes_come_first():
    answers = make_answers()
    wrong = np.flatnonzero(~answers.right)
    surplus = (answers.scores.max(axis=1) - answers.scores[np.arange(60), answers.truth])[wrong]
    text = as_html(answers, Report(answers).to_dict(), Subject({}))
    part = text[text.index("id=mistakes") : text.index("id=artists")]
    expected = [answers.tracks[i] for i in wrong[np.argsort(-surplus, kind="stable")]]
    assert re.findall(r">(track \d+)<", part) == expected[:25]


def test_artists_are_told_the_worst_first():
    found = page()
    begin = found.words.index("Show them, the worst first")
    rows = [word for word in found.words[begin:] if word.endswith("%")]
    shares = [float(word[:-1]) for word in rows]
    assert shares == sorted(shares)
    assert len(shares) == 14
    assert "artists" not in ids(page(artists=(None,) * 60))


def test_a_perfect_model_has_no_mistakes():
    answers = make_answers()
    assert "0 of 60 tracks are wrong" in page(scores=np.eye(6)[answers.truth]).text


def test_labels_without_tracks_are_dashes():
    truth = np.zeros(60, int)
    found = page(truth=truth)
    assert "–" in found.words
    assert (
        sum("Precision against recall of" in str(a.get("aria-label")) for _, a in found.tags) == 1
    )


def test_what_could_not_be_judged_is_said():
    bad = Judged(replace(_track(), id="<b>"), {}, "is <silent>")
    report = Report(make_answers(), (bad,))
    found = Page(as_html(report.answers, report.to_dict(), Subject({})))
    assert "x.mp3: is <silent>" in found.words
    assert ids(found)[-1] == "failures"


def _track():
    from pathlib import Path

    from earmark.datasets import Track

    return Track(id="x", path=Path("x.mp3"))


def test_names_cannot_break_the_page():
    evil = '<script>alert("1")</script>&\x1b\udcff'
    answers = replace(
        make_answers(),
        labels=(evil, *GENRES[1:]),
        tracks=tuple(f"{evil}{i}" for i in range(60)),
        artists=(evil,) * 60,
    )
    text = as_html(answers, Report(answers).to_dict(), Subject({evil: evil}), [evil])
    assert "<script" not in text
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;\\x1b\\udcff" in text
    text.encode("utf-8")
    Page(text)


def test_the_built_in_model_is_measured():
    of = subject(read_bundle(), "gtzan-mel=here", "valid")
    assert of.facts["bundle"] == "the built-in one"
    assert re.fullmatch(r"a blend of \d+ models", of.facts["model"])
    assert of.facts["feature"] == "log-mel, 128 × 387 for 30 s"
    took = re.fullmatch(
        r"([\d.]+) ms for the feature and ([\d.]+) ms for the model: .*", of.facts["judging 30 s"]
    )
    assert all(float(number) > 0 for number in took.groups())
    assert (of.history, of.kept) == ([], None)


def test_a_model_in_its_run_brings_its_history(finished):
    of = subject(read_bundle(finished / "bundle"), "x", "y")
    assert [row["epoch"] for row in of.history] == [1, 2, 3, 4, 5, 6]
    assert of.kept in range(1, 7)


def test_a_bundle_without_weights_has_no_size(tmp_path):
    from earmark.reporting.cost import weights

    assert weights(replace(read_bundle(), path=tmp_path)) is None
    (tmp_path / "weights.safetensors").write_bytes(b"short")
    assert weights(replace(read_bundle(), path=tmp_path)) is None


def test_the_size_is_that_of_safetensors(finished):
    from safetensors.numpy import load_file

    from earmark.reporting.cost import weights

    bundle = read_bundle(finished / "bundle")
    arrays = load_file(bundle.path / "weights.safetensors")
    assert weights(bundle) == sum(array.size for array in arrays.values())
