"""`earmark explain`: what it writes and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest


@pytest.fixture(scope="module")
def short(song, write_sound, tmp_path_factory):
    """Four seconds of music, which any model judges fast."""
    return write_sound(
        tmp_path_factory.mktemp("short") / "four seconds.wav", song[: 4 * 44100], 44100
    )


def test_it_says_why_and_writes_a_page_without_any_extra(earmark_without, short, tmp_path):
    page = tmp_path / "why.html"
    extras = ["torch", "sklearn", "scipy", "matplotlib", "umap", "librosa"]
    process = earmark_without(extras, "explain", short, "--html", page)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(f"{short}: ")
    assert "if deleted" in process.stdout
    assert "random deletions" in process.stdout
    html = page.read_text(encoding="utf-8")
    assert "four seconds.wav" in html
    assert "data:audio/mpeg" in html


def test_json_holds_the_numbers(earmark, short):
    process = earmark("explain", short, "--format", "json", "--label", "rock", "--jobs", 1)
    assert process.returncode == 0, process.stderr
    told = json.loads(process.stdout)
    assert told["label"] == "rock"
    assert told["probability"] == pytest.approx(told["answers"]["rock"], abs=1e-6)
    assert np.shape(told["weights"]["cells"]) == (16, 20)
    for part in told["for"]:
        assert part["change"] < 0


@pytest.mark.parametrize(
    ("file", "options", "code", "message"),
    [
        ("{missing}", [], 1, "no such file"),
        ("{silent}", [], 1, "silen"),
        ("{short}", ["--label", "rok"], 2, "did you mean 'rock'?"),
        ("{short}", ["--at", "99"], 1, "nothing is at 99 s"),
        ("{short}", ["--html", "{folder}"], 2, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    earmark, short, write_sound, tmp_path, file, options, code, message
):
    places = {
        "short": short,
        "missing": tmp_path / "missing",
        "silent": write_sound(tmp_path / "silent.wav", np.zeros(5 * 8000, np.float32), 8000),
        "folder": tmp_path,
    }
    given = [text.format(**places) for text in (file, *options)]
    process = earmark("explain", *given)
    assert process.returncode == code
    assert message in process.stderr
    assert len(process.stderr.splitlines()) == 1
    assert process.stdout == ""
