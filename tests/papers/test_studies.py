"""The studies on networks that were really trained, if only for two epochs."""

from __future__ import annotations

import pytest

from earmark.papers import PAPERS
from earmark.papers.base import WAYS
from earmark.papers.finished import Finished
from earmark.papers.running import Bench, Options


@pytest.fixture(scope="module")
def material(small_emotify, tmp_path_factory):
    """Run what a study of a paper needs, and give it as studies ask for it."""

    def run(key: str, study: str, ways=WAYS) -> tuple[Finished, object]:
        paper = PAPERS[key]
        runs = tmp_path_factory.mktemp("runs")
        options = Options(runs=runs, quick=True, threads=1)
        bench = Bench(paper, {"emotify": small_emotify}, options)
        (found,) = (one for one in paper.studies if one.key == study)
        for name in found.needs:
            for way in ways:
                bench.run(paper.system(name), "emotify", way, 0)
        return Finished(bench, "emotify", (0,)), found

    return run


def test_the_nodes_of_a_trained_network_are_told(material):
    pytest.importorskip("matplotlib")
    finished, study = material("yu2018", "nodes", ["leak-free"])
    findings = study.run(finished)
    assert len(findings.data["nodes"]) == 15
    judged = finished.judged("yu-cnn-39", "leak-free")
    assert findings.data["tracks"] == len(judged[0])
    assert findings.data["artists"] == len(judged[0])
    for node in findings.data["nodes"]:
        assert 0 <= node["active"] <= 1
        assert len(node["bands"]) == 128
        assert {"classical", "rock", "joyful_activation", "level"} <= set(node["traits"])
    assert study.run(finished) == findings


def test_genre_then_subgenre_judges_every_track_of_either_way(material):
    finished, study = material("duthoit2018", "genre-then-subgenre")
    rows = study.run(finished).data["rows"]
    for way in WAYS:
        judged = {name for names in finished.judged("subgenre-16", way) for name in names}
        for row in rows.values():
            assert row[way]["tracks"] == len(judged)
            assert 0 <= row[way]["accuracy"] <= 1
    # Classical music is sold as one: with the genre given it cannot be taken for anything else.
    known = rows["the same with the true genre given"]["leak-free"]
    assert known["accuracy"] >= 0.25
