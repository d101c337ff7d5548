from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from earmark.papers.liu2017_printed import DENSE, FOUR
from earmark.papers.studies.classes import Classes, Judged, squares

LABELS = ("jazz", "metal", "pop")
TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
GIVEN = {0: np.array([0, 0, 1, 2, 1, 1, 0, 2, 2, 2]), 1: np.array([0, 1, 1, 2, 1, 1, 1, 2, 0, 2])}


@pytest.fixture(scope="module")
def runs(made_answers, made_runs):
    def made(system: str, way: str, seed: int):
        return made_answers(LABELS, TRUTH, GIVEN[seed], [f"{i // 2}" for i in range(10)])

    return lambda *seeds: made_runs(made, seeds)


def run(material, *judged, **settings):
    return Classes(judged=judged, ways=("leak-free",), picture="p", **settings).run(material)


def test_counts_recalls_and_precisions_are_scikit_learns(runs):
    found = run(runs(0), Judged("three", "three", LABELS)).data["sets"][0]["ways"]["leak-free"]
    expected = confusion_matrix(TRUTH, GIVEN[0])
    assert found["confusion"] == expected.tolist()
    per_label = found["per_label"]
    recalls = [per_label[label]["recall"]["value"] for label in LABELS]
    assert recalls == pytest.approx(recall_score(TRUTH, GIVEN[0], average=None), abs=1e-6)
    precisions = [per_label[label]["precision"] for label in LABELS]
    assert precisions == pytest.approx(precision_score(TRUTH, GIVEN[0], average=None), abs=1e-6)
    assert found["accuracy"]["value"] == pytest.approx(0.7)
    low, high = per_label["jazz"]["recall"]["interval_wilson"]
    assert low < 0.5 < high
    assert per_label["jazz"]["recall"]["n"] == 4


def test_labels_stand_in_the_order_that_is_asked_for(runs):
    turned = ("pop", "jazz", "metal")
    found = run(runs(0), Judged("three", "three", turned)).data["sets"][0]["ways"]["leak-free"]
    assert found["confusion"] == confusion_matrix(TRUTH, GIVEN[0], labels=[2, 0, 1]).tolist()
    assert list(found["per_label"]) == list(turned)
    assert found["per_label"]["pop"]["recall"]["value"] == 1


def test_the_counts_of_seeds_add_up_and_their_recalls_are_averaged(runs):
    found = run(runs(0, 1), Judged("three", "three", LABELS)).data["sets"][0]["ways"]["leak-free"]
    counts = sum(confusion_matrix(TRUTH, given) for given in GIVEN.values())
    assert found["confusion"] == counts.tolist()
    assert found["per_label"]["jazz"]["recall"]["value"] == pytest.approx(3 / 8)
    assert found["per_label"]["jazz"]["recall"]["n"] == 4


def test_each_set_has_a_picture_of_its_own(runs):
    judged = (Judged("three", "one", LABELS), Judged("three", "another", LABELS))
    findings = run(runs(0), *judged)
    assert list(findings.pictures) == ["p-3.svg", "p-3-2.svg"]
    for name, picture in findings.pictures.items():
        notes = [n.text for n in ElementTree.fromstring(picture).iter() if n.tag.endswith("title")]
        assert "jazz taken for metal: 1 of 4 tracks" in notes
        assert b">ours, leak-free<" in picture
        assert f"]({name})" in findings.text


def test_a_row_is_called_by_its_model_and_intervals_are_those_of_its_ways(runs):
    judged = (Judged("three", "3 labels", LABELS, model="nearest"), Judged("three", "3", LABELS))
    alone = run(runs(0), *judged).text
    assert "| nearest, leak-free | 70.0%" in alone
    assert "| 3, leak-free | 70.0%" in alone
    assert "### 3 labels" in alone
    assert "Wilson" not in alone
    both = Classes(judged=judged, ways=("naive", "leak-free")).run(runs(0))
    assert "Wilson's of the naive way" in both.text


def test_the_papers_first_matrix_stands_beside_ours(made_answers, made_runs):
    material = made_runs(lambda *_: made_answers(FOUR, [0, 1, 2, 3], [0, 1, 2, 2], "abcd"))
    judged = Judged("four", "four", tuple(reversed(FOUR)), printed=DENSE[:1])
    findings = run(material, judged)
    (found,) = findings.data["sets"]
    printed = found["printed"][0]
    assert list(printed["recall"].items()) == [
        ("pop", 0.85),
        ("metal", 1.0),
        ("jazz", 0.8),
        ("classical", 0.9),
    ]
    assert [row[i] for i, row in enumerate(printed["confusion"])] == [17, 20, 16, 18]
    _, theirs = squares(found)
    assert "pop taken for metal: 2 of 20 tracks" in theirs.body
    assert theirs.caption == "the paper's deep network"
    assert "| the paper's deep network, Multi-category results | 88.8% | 85%" in findings.text


def test_a_label_without_tracks_has_no_recall(made_answers, made_runs):
    material = made_runs(lambda *_: made_answers(LABELS, [0, 0, 1], [0, 1, 1], "abc"))
    findings = run(material, Judged("three", "three", LABELS))
    per_label = findings.data["sets"][0]["ways"]["leak-free"]["per_label"]
    assert per_label["pop"] == {"recall": None, "precision": None}
    assert "| 50% | 100% | – |" in findings.text
