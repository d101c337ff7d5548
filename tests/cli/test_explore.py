"""`earmark explore`: what it writes and what it refuses."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def explored(earmark, miniature, tmp_path_factory):
    pytest.importorskip("umap")
    out = tmp_path_factory.mktemp("explored")
    process = earmark(
        "explore",
        f"gtzan-mel={miniature}",
        "--out",
        out / "page",
        "--features",
        out / "features",
        "--as",
        "log-mel",
    )
    return process, out / "page"


def test_it_writes_a_page_and_its_numbers(explored):
    process, out = explored
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"{out / 'index.html'}\n"
    numbers = json.loads((out / "numbers.json").read_text(encoding="utf-8"))
    assert numbers["tracks"] == 40
    assert numbers["labels"]["jazz"] == 4
    assert numbers["groups"] == {"by": ["artist"], "count": 40}
    assert set(numbers["scores"]["LDA, 2-D"]) == {"drawn", "held_out"}
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "LDA in 3-D, held-out tracks" in page
    assert "nothing to hear" in page  # log-mels only


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gtzan-mell={data}"], "did you mean gtzan-mel?"),
        (["gtzan-mel=/nowhere"], "/nowhere: no such folder"),
        (["log-mel={empty}"], "holds no folder with PNG files"),
        (["gtzan-mel={data}", "--as", "summry"], "did you mean 'summary'?"),
        (["gtzan-mel={data}", "--as", "gabor"], "gabor cannot be had from the images"),
        (["gtzan-mel={data}", "--output", "mood"], "no track has a label for 'mood'"),
    ],
)
def test_wrong_use_exits_with_2_and_one_line(earmark, miniature, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    places = {"data": miniature, "empty": tmp_path / "empty"}
    given = [argument.format(**places) for argument in arguments]
    stores = tmp_path / "features"
    process = earmark("explore", *given, "--out", tmp_path / "out", "--features", stores)
    assert process.returncode == 2
    assert message in process.stderr
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1


def test_a_file_is_no_folder(earmark, miniature, tmp_path):
    file = tmp_path / "page.html"
    file.write_text("mine", encoding="utf-8")
    process = earmark("explore", f"gtzan-mel={miniature}", "--out", file)
    assert process.returncode == 2
    assert "is a file; --out names the folder" in process.stderr
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("package", ["umap", "sklearn"])
def test_a_missing_extra_is_named_before_the_work(earmark_without, miniature, tmp_path, package):
    process = earmark_without(
        [package], "explore", f"gtzan-mel={miniature}", "--out", tmp_path / "out"
    )
    assert process.returncode == 1
    assert f"needs the extra `explore` ({package} is missing)" in process.stderr
    assert not (tmp_path / "out").exists()


def test_it_needs_no_torch(earmark_without, miniature, tmp_path):
    process = earmark_without(
        ["torch", "lightning"],
        "explore",
        f"gtzan-mel={miniature}",
        "--out",
        tmp_path / "out",
        "--output",
        "none of them",
    )
    assert "no track has a label for 'none of them'" in process.stderr  # everything was imported
