"""liu2017's forecasting: a study of a file, on the paper's own series and on a track."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

from earmark.papers import PAPERS
from earmark.papers.forecasting import STUDY


def test_the_paper_takes_the_files():
    assert STUDY in PAPERS["liu2017"].studies
    assert PAPERS["liu2017"].files == ("sunspotarea", "track")
    assert PAPERS["yu2018"].files == ()


def test_sunspot_areas(data):
    path = data / "sunspotarea.csv"
    found = STUDY.run(SimpleNamespace(path=path, dataset="sunspotarea", quick=True))
    cases = found.data["cases"]
    assert [(case["to"], case["lambda"], case["n"]) for case in cases] == [
        ("2011", None, 137),
        ("2011", 0, 137),
        ("2015", None, 141),
        ("2015", 0, 141),
    ]
    assert [case["model"] for case in cases] == ["NNAR(9, 5)", "NNAR(10, 6)"] * 2
    assert all(len(case["forecast"]) == 20 for case in cases)
    assert len([line for line in found.text.splitlines() if line.startswith("| 20")]) == 24
    for name, picture in found.pictures.items():
        assert f"]({name})" in found.text
        assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_by_the_command_with_a_track(earmark, album, tmp_path):
    options = ["--quick", "--out", tmp_path, "--data", f"track={album[0]}"]
    process = earmark("reproduce", "liu2017", *options)
    assert process.returncode == 0, process.stderr
    page = (tmp_path / "liu2017.md").read_text(encoding="utf-8")
    assert "## Forecasting (track)" in page
    assert (tmp_path / "liu2017-track.svg").is_file()
    assert "left out" not in process.stderr


def test_a_bad_file_is_one_line_and_the_command_fails(earmark, tmp_path):
    path = tmp_path / "series.csv"
    path.write_text("year,value\n1,2\n2,\n", encoding="utf-8")
    options = ["--quick", "--out", tmp_path / "out", "--data", f"sunspotarea={path}"]
    process = earmark("reproduce", "liu2017", *options)
    assert process.returncode == 1
    assert f"forecasting on sunspotarea: {path}: line 3: value is empty" in process.stderr
    assert "Traceback" not in process.stderr
