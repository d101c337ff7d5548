"""recipes/results.py: the table of results is read from runs."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "recipes" / "results.py"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The script as a module, writing elsewhere."""
    spec = importlib.util.spec_from_file_location("results", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.md")
    return module


@pytest.fixture
def runs(tmp_path):
    """Two runs of known accuracy, and a label without tracks."""
    from earmark.bundle import DEFAULT

    for seed, accuracy in ((0, 0.5), (1, 0.75)):
        bundle = tmp_path / f"run {seed}" / "bundle"
        shutil.copytree(DEFAULT, bundle)
        manifest = json.loads((bundle / "bundle.json").read_text())
        manifest["seed"] = seed
        found = manifest["metrics"]["valid"]["outputs"]["genre"]["per_track"]
        found["accuracy"] = accuracy
        found["per_label"]["jazz"]["recall"] = accuracy
        found["per_label"]["pop"]["recall"] = None
        (bundle / "bundle.json").write_text(json.dumps(manifest))
    return [tmp_path / "run 0", tmp_path / "run 1"]


def test_the_table_says_what_the_runs_say(results, runs):
    results.main(runs)
    text = results.RESULTS.read_text(encoding="utf-8")
    assert "Mean of 2 seeds: **62.5%**" in text
    assert "| 0 | 197 | 50.0% |" in text
    assert "| 1 | 197 | 75.0% |" in text
    assert f"'{runs[0].as_posix()}'" in text  # the command line can be pasted
    heads, _, cells = text.split("Recall by genre")[1].splitlines()[2:5]
    recall = dict(zip(heads.split("|"), cells.split("|"), strict=True))
    assert recall[" jazz "] == " 62% "
    assert recall[" pop "] == " – "


def test_the_rest_of_the_page_stays(results, runs):
    results.RESULTS.write_text("# Results\n\nTen lines.\n", encoding="utf-8")
    results.main(runs)
    once = results.RESULTS.read_text(encoding="utf-8")
    results.main(runs)
    assert results.RESULTS.read_text(encoding="utf-8") == once
    assert once.startswith("# Results\n\nTen lines.\n\n<!-- begin the built-in model")
