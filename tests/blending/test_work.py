"""Trainings side by side: worker processes do what one process would, and tell what went wrong."""

import threading
import time

import numpy as np
import pytest

from earmark.blending import training
from earmark.blending.recipe import read_blend
from earmark.blending.training import Workshop
from earmark.blending.work import Training, as_request, job_settings, training_job
from earmark.errors import EarmarkError

NET = (
    "[training]\nepochs = {epochs}\nbatch = 8\npatience = 0\n[model.settings]\nchannels = [4, 4]\n"
)
NET += "kernels = [3, 3]\nband_pools = [4, 4]\ntime_pools = [4, 4]\nhead_channels = 8\n"


def taught(recipes, runs, miniature, side, *, jobs, said=None):
    blend = read_blend(recipes / "blend.toml")
    say = said.append if said is not None else lambda _: None
    return Workshop(blend, {"gtzan-mel": miniature}, runs, jobs=jobs, say=say).teach(side)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def together(recipes, runs, miniature):
    said: list[str] = []
    return taught(recipes, runs, miniature, "all", jobs=3, said=said), said


def test_side_by_side_gives_what_one_by_one_gives(recipes, miniature, together, tmp_path):
    found, said = together
    alone = taught(recipes, tmp_path / "alone", miniature, "all", jobs=1)
    for one, other in zip(alone, found, strict=True):
        assert one.answers["genre"].tracks == other.answers["genre"].tracks
        np.testing.assert_allclose(
            one.answers["genre"].scores, other.answers["genre"].scores, atol=1e-6
        )
        assert other.model is not None
        assert (other.model / "bundle").is_dir()
    assert len(said) == 12
    assert said[-1] == "knn-s3, all: learnt from everything"


def test_what_is_finished_is_not_done_again(recipes, runs, miniature, together, monkeypatch):
    monkeypatch.setattr(training, "Crew", lambda *_: pytest.fail("trained again"))
    taught(recipes, runs, miniature, "all", jobs=2)


def test_what_a_worker_cannot_do_is_told(recipes, miniature, tmp_path):
    obstacle = tmp_path / "knn-s3" / "official"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way", encoding="utf-8")
    with pytest.raises(EarmarkError, match="official"):
        taught(recipes, tmp_path, miniature, "official", jobs=2)
    obstacle.unlink()
    assert len(taught(recipes, tmp_path, miniature, "official", jobs=2)) == 2


def test_a_job_trains_what_it_is_told(recipes, runs, miniature, together):
    blend = read_blend(recipes / "blend.toml", threads=1)
    wanted = Training(blend.voices[1])
    answer = training_job(**job_settings(blend, {"gtzan-mel": miniature}, runs))
    assert answer(as_request(wanted)) == {"done": True}
    assert wanted.story(runs).startswith("knn-s3, official sides: genre ")


def test_a_killed_worker_costs_what_it_was_at(miniature, tmp_path, monkeypatch):
    text = '[members.net]\nrecipe = "net.toml"\nseeds = [0, 1]\n[outputs.genre]\nfrom = {net = 1}\n'
    (tmp_path / "blend.toml").write_text(text, encoding="utf-8")
    (tmp_path / "net.toml").write_text(NET.format(epochs=100_000), encoding="utf-8")
    crews = []

    class Recruiting(training.Crew):
        def __init__(self, *settings) -> None:
            super().__init__(*settings)
            crews.append(self)

    monkeypatch.setattr(training, "Crew", Recruiting)
    blend = read_blend(tmp_path / "blend.toml")
    runs = tmp_path / "runs"
    begun = runs / "net-s0" / "official" / "metrics.jsonl"

    def kill() -> None:
        for _ in range(1200):
            if begun.is_file():
                break
            time.sleep(0.1)
        crews[0]._workers[0]._process.kill()
        crews[0]._workers[1]._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(EarmarkError, match=r"net-s.*died \(.*\); the same command goes on"):
            Workshop(blend, {"gtzan-mel": miniature}, runs, jobs=2).teach("official")
    finally:
        killer.join()
