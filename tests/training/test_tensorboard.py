"""What a training writes for TensorBoard, read back by TensorBoard."""

from __future__ import annotations

import json

import pytest

from earmark.errors import MissingExtra
from earmark.training.recipe import read_recipe
from earmark.training.run import train


@pytest.fixture
def start(recipe, miniature, tmp_path):
    def start(epochs: int = 3, **options):
        wanted = read_recipe(recipe, [f"training.epochs={epochs}"])
        return train(wanted, {"gtzan-mel": miniature}, tmp_path / "run", **options).run

    return start


def test_its_events_are_the_metrics_of_the_run(start):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = start(tensorboard=True)
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    names = set(lines[0]) - {"epoch", "seconds"}
    assert "valid_loss" in names
    assert names <= set(events.Tags()["scalars"])
    for name in names:
        told = [event.value for event in events.Scalars(name)]
        assert told == pytest.approx([line[name] for line in lines])
    steps = [event.step for event in events.Scalars("valid_loss")]
    assert steps == sorted(set(steps))


def test_it_is_off_unless_wanted(start):
    assert not (start(epochs=1) / "tensorboard").exists()


def test_it_is_said_where_it_is_missing(start, monkeypatch, tmp_path):
    from lightning.pytorch import loggers

    def missing(*_args, **_options):
        raise ModuleNotFoundError("tensorboard")

    monkeypatch.setattr(loggers, "TensorBoardLogger", missing)
    with pytest.raises(MissingExtra, match=r"--tensorboard needs .*pip install 'earmark\[train\]'"):
        start(tensorboard=True)
    assert not (tmp_path / "run").exists()
