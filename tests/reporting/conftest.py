"""Answers and runs made up for looking at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from earmark.evaluation.answers import Answers, write_answers

GENRES = ("blues", "jazz", "pop", "rock", "ska", "soul")


def make_answers(kind: str = "classes", *, seed: int = 0, tracks: int = 60, skill: float = 1.5):
    """Answers of a model that is better than chance; labels do not depend on the seed."""
    rng = np.random.default_rng(99)
    truth = {
        "classes": rng.integers(0, 6, tracks),
        "tags": (rng.random((tracks, 6)) < 0.3).astype(int),
        "number": rng.normal(size=tracks),
    }[kind]
    signal = np.eye(6)[truth] if kind == "classes" else truth.reshape(tracks, -1)
    scores = skill * signal + np.random.default_rng(seed).normal(size=signal.shape)
    if kind == "classes":
        scores = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    elif kind == "tags":
        scores = 1 / (1 + np.exp(-scores))
    name = {"classes": "genre", "tags": "tags", "number": "valence"}[kind]
    return Answers(
        output=name,
        kind=kind,
        labels=(name,) if kind == "number" else GENRES,
        tracks=tuple(f"track {i}" for i in range(tracks)),
        artists=tuple(None if i % 15 == 14 else f"artist {i % 15}" for i in range(tracks)),
        clips=(0,) * tracks,
        truth=truth,
        scores=scores,
    )


@pytest.fixture
def make_run(tmp_path) -> Callable[..., Path]:
    """Write the folder of a run; gives it back."""

    def make(name: str, answers: list[Answers], **about: object) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        recipe = {"data": {"main": "gtzan-mel", "extra": ["quadrants-mel"]}}
        (folder / "recipe.json").write_text(json.dumps(recipe))
        found = {
            "model": "stats-cnn",
            "seed": 0,
            "epoch": 2,
            "epochs": 3,
            "parameters": 175_000,
            "seconds_per_epoch": 1.25,
            "judged": "valid",
            "metrics": {"valid": {"chosen_on_it": True}},
        }
        (folder / "run.json").write_text(json.dumps(found | about))
        rows = [
            {
                "epoch": epoch,
                "train_loss": 2 / epoch,
                "valid_loss": 2.2 / epoch,
                "train_accuracy": 0.3 * epoch,
                "valid_accuracy": 0.2 * epoch,
            }
            for epoch in (1, 2, 3)
        ]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        write_answers(folder / "predictions.csv", answers)
        return folder

    return make
