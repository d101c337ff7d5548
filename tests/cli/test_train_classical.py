"""`earmark train` with a classical model, and the other commands with what comes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RECIPE = """
[model]
name = "lda"
[feature]
name = "mfcc-statistics"
[clips]
subtract_band_mean = false
"""


def lines(text: str) -> list[str]:
    return text.rstrip("\n").splitlines()


@pytest.fixture(scope="module")
def train(earmark, miniature, tmp_path_factory):
    """Fit by the command; gives the process."""
    recipe = tmp_path_factory.mktemp("recipes") / "vectors.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return lambda *more: earmark("train", recipe, "--data", f"gtzan-mel={miniature}", *more)


@pytest.fixture(scope="module")
def run(train, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "lda"
    process = train("--out", folder, "--set", "training.epochs=7")
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"{folder / 'bundle'}\n"
    warning, fitted, result = lines(process.stderr)
    assert warning == "earmark: warning: training.epochs: for networks, without effect on lda"
    assert fitted.startswith("earmark: fitted to 30 tracks in ")
    assert result.startswith("earmark: genre: valid accuracy ")
    return folder


def test_the_bundle_tags_without_what_fitted_it(earmark_without, run, album):
    laboratory = ["sklearn", "scipy", "torch", "onnx"]
    process = earmark_without(
        laboratory, "tag", album[0], "--model", run / "bundle", "--format", "json"
    )
    assert process.returncode == 0, process.stderr
    ranked = json.loads(process.stdout)["genre"]
    assert sum(item["probability"] for item in ranked) == pytest.approx(1, abs=1e-3)


def test_it_is_evaluated_and_compared_like_a_network(earmark, run, finished, miniature, tmp_path):
    page = tmp_path / "page.html"
    arguments = ("--model", run / "bundle", "--html", page)
    process = earmark("evaluate", "--data", f"gtzan-mel={miniature}", *arguments)
    assert process.returncode == 0, process.stderr
    html = page.read_text(encoding="utf-8")
    assert "Overfitting gap: accuracy was" in html
    assert "Loss by epoch" not in html

    process = earmark("compare", run, finished, "--html", page)
    assert process.returncode == 0, process.stderr
    html = page.read_text(encoding="utf-8")
    assert html.count("Loss by epoch") == 1  # the network's
    assert "1 of 1" in html


@pytest.mark.parametrize(
    ("more", "words"),
    [  # each before any feature is extracted
        (["--devices", "2"], "model lda is fitted by one process: leave --devices and --nodes out"),
        (["--tensorboard"], "in one step, of which there is nothing to draw: leave --tensorboard"),
        (["--accelerator", "gpu"], "is fitted on the processor: leave --accelerator out"),
        (
            ["--set", "model.settings.varianc=1"],
            "has no setting 'varianc'; did you mean 'variance'",
        ),
        (["--set", "data.outputs=['tempo']"], "gtzan-mel has no output 'tempo'"),
    ],
)
def test_wrong_use_is_one_line(train, tmp_path, more, words):
    process = train("--out", tmp_path / "run", "--features", tmp_path / "features", *more)
    assert process.returncode == 2
    (line,) = lines(process.stderr)
    assert line.startswith("earmark: error: ")
    assert words in line
    assert list(tmp_path.iterdir()) == []


def test_without_scikit_learn_it_says_what_to_install(earmark_without, run, miniature, tmp_path):
    recipe = tmp_path / "vectors.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    data = f"gtzan-mel={miniature}"
    process = earmark_without(["sklearn"], "train", recipe, "--data", data, "--out", tmp_path / "r")
    assert process.returncode == 1
    (line,) = lines(process.stderr)
    assert "training needs the extra `train` (sklearn is missing)" in line
