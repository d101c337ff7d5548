"""`earmark explore`: what it writes and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ..pages import Page

# UMAP itself works in these two, but not compiled: that takes longer than a few tracks do.
SLOWLY = {**os.environ, "NUMBA_DISABLE_JIT": "1"}


def numbers_of(out: Path) -> dict:
    return json.loads((out / "numbers.json").read_text(encoding="utf-8"))


def test_a_folder_per_genre_is_drawn_judged_and_heard(earmark, album, tmp_path):
    pytest.importorskip("umap")
    for i, piece in enumerate(album[:9]):
        folder = tmp_path / "music" / ("jazz", "pop", "rock")[i % 3]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(piece, folder)
    out = tmp_path / "page"
    about = ["--out", out, "--features", tmp_path / "features", "--as", "mfcc-statistics"]
    process = earmark("explore", f"audio={tmp_path / 'music'}", *about, env=SLOWLY)
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"{out / 'index.html'}\n"
    numbers = numbers_of(out)
    assert (numbers["dataset"], numbers["tracks"]) == ("music", 9)
    assert numbers["labels"] == {"jazz": 3, "pop": 3, "rock": 3}
    assert numbers["groups"] == {"by": ["track"], "count": 9}
    for row in ("UMAP, 3-D", "LDA, 2-D"):
        assert 0 <= numbers["scores"][row]["held_out"]["knn_accuracy"] <= 1
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    assert "LDA in 3-D, held-out tracks" in page.text
    assert "Who plays is not known" in page.text
    assert sum(tag == "audio" for tag, _ in page.tags) >= 3


def test_files_without_labels_are_drawn_and_the_page_says_what_labels_would_give(
    earmark, miniature, tmp_path
):
    pytest.importorskip("umap")
    (tmp_path / "flat").mkdir()
    for image in sorted(miniature.glob("*/*.00000.png"))[:8]:
        shutil.copy(image, tmp_path / "flat")
    out = tmp_path / "page"
    about = ["--out", out, "--features", tmp_path / "features", "--as", "log-mel"]
    process = earmark("explore", f"log-mel={tmp_path / 'flat'}", *about, env=SLOWLY)
    assert process.returncode == 0, process.stderr
    assert (numbers_of(out)["labels"], numbers_of(out)["scores"]) == ({}, {})
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    assert "Maps: PCA and UMAP" in page.text
    assert "Labels come from a folder per genre" in page.text
    assert "nothing to hear" in page.text  # log-mels only
    assert "Mean correlation of labels" not in page.attributes("aria-label")  # of one cell


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
    assert not list((tmp_path / "out").glob("*"))  # no empty page is left behind


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
