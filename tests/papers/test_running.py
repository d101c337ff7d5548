"""Running systems: folders, resuming, stacks, bundles."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark.errors import BadRecipe, BadSplit
from earmark.papers import running
from earmark.papers.base import merge
from earmark.papers.finished import Finished
from earmark.papers.running import Bench, Options
from earmark.training.checkpoints import read_checkpoint
from earmark.training.folder import KEPT, LAST


@pytest.fixture(scope="module")
def bench(made_up, miniature, faulty, tmp_path_factory) -> Bench:
    """All of the made-up paper, run."""
    folders = {"gtzan-mel": miniature, "gtzan-mel-faulty": faulty}
    runs = tmp_path_factory.mktemp("runs")
    bench = Bench(made_up, folders, Options(runs=runs, threads=1))
    for way in ("naive", "leak-free"):
        bench.run(made_up.system("stack"), "gtzan-mel", way, 0)
    return bench


def again(bench: Bench, runs: Path | None = None, **options) -> Bench:
    """The same in another process."""
    folders = {name: dataset.folder for name, dataset in bench._datasets.items()}
    settings = {"runs": runs or bench.options.runs, "threads": 1, **options}
    return Bench(bench.paper, folders, Options(**settings))


def no_training(*_args, **_settings):
    raise AssertionError("trained again")


def test_without_the_leak_all_tracks_are_judged_once(bench, made_up):
    outcome = bench.run(made_up.system("cnn"), "gtzan-mel", "leak-free", 0)
    assert len(outcome.folders) == len(outcome.runs) == 5
    answers = outcome.answers["genre"]
    assert len(set(answers.tracks)) == len(answers) == 40
    assert not any(name.endswith(".00050") for name in answers.tracks)
    assert outcome.recipe.training.keep == "best"
    assert outcome.recipe.training.patience == 2
    assert outcome.left_out == {}


def test_the_naive_way_takes_the_faulty_tracks_in_and_judges_the_last_epoch(bench, made_up):
    outcome = bench.run(made_up.system("cnn"), "gtzan-mel", "naive", 0)
    sides = bench.sides(outcome, 0)
    tracks = [item.track.id for side in (sides.train, sides.valid) for item in side]
    assert len(set(tracks)) == len(tracks) == 46
    assert sides.judged is None
    assert outcome.recipe.training.keep == "last"
    assert outcome.runs[0]["epoch"] == 3
    assert len(outcome.answers["genre"]) == len(sides.valid)


def test_a_stack_stands_on_networks_of_its_own_sides(bench, made_up):
    stack = bench.run(made_up.system("stack"), "gtzan-mel", "leak-free", 0)
    cnn = bench.run(made_up.system("cnn"), "gtzan-mel", "leak-free", 0)
    finished = Finished(bench, "gtzan-mel", [0])
    for one, other in zip(stack.folders, cnn.folders, strict=True):
        whole, part = finished.network(other), read_checkpoint(other / KEPT)["state_dict"]
        for name, tensor in whole.state_dict().items():
            assert tensor.equal(part[name])
        told = [json.loads((run / "run.json").read_text())["sides"] for run in (one, other)]
        assert told[0] == told[1]
    from safetensors.torch import load_file

    from earmark.bundle import WEIGHTS

    weights = load_file(stack.folders[0] / "bundle" / WEIGHTS)
    part = read_checkpoint(cnn.folders[0] / KEPT)["state_dict"]
    assert weights["parts.cnn.body.0.weight"].equal(part["body.0.weight"])


def test_a_stack_of_the_control_stands_on_controls(made_up, miniature, tmp_path):
    bench = Bench(made_up, {"gtzan-mel": miniature}, Options(runs=tmp_path, quick=True, threads=1))
    stack = made_up.system("stack")
    outcome = bench.run(stack, "gtzan-mel", "control", 0)
    folder = tmp_path / "made-up" / "gtzan-mel"
    runs = sorted(path.parent.relative_to(folder).as_posix() for path in folder.rglob("run.json"))
    assert runs == [
        f"{system}/control-s0/fold-{fold}"
        for system in ("cnn", "lstm", "stack")
        for fold in range(2)
    ]
    cnn = bench.run(made_up.system("cnn"), "gtzan-mel", "control", 0)
    assert all((run / KEPT).is_file() for run in cnn.folders)
    assert not any((run / "bundle").exists() for run in outcome.folders)
    assert outcome.recipe == bench.recipe(stack, "gtzan-mel", "leak-free", 0)


def test_weights_are_kept_as_long_as_something_asks_for_them(bench, made_up):
    for key, kept in {"cnn": True, "lstm": True, "stack": False}.items():
        for way in ("naive", "leak-free"):
            for run in bench.run(made_up.system(key), "gtzan-mel", way, 0).folders:
                assert (run / KEPT).exists() == kept
                assert not (run / LAST).exists()


def test_one_bundle_is_exported_and_judges_as_the_run_did(bench, made_up, miniature):
    from earmark.evaluation.judging import judge_tracks

    outcomes = [
        bench.run(made_up.system("stack"), "gtzan-mel", way, 0) for way in ("naive", "leak-free")
    ]
    bundles = [r / "bundle" for o in outcomes for r in o.folders if (r / "bundle").exists()]
    assert bundles == [outcomes[1].folders[0] / "bundle"]
    judged = bench.sides(outcomes[1], 0).judged
    answers = outcomes[1].answers["genre"]
    rows = {name: i for i, name in enumerate(answers.tracks)}
    tracks = [item.track for item in judged]
    for said in judge_tracks(tracks, "log-mel", model=bundles[0]):
        scores = dict(zip(answers.labels, answers.scores[rows[said.track.id]], strict=True))
        assert said.probabilities == pytest.approx(scores, abs=1e-5)


def test_what_is_finished_is_read(bench, made_up, monkeypatch):
    monkeypatch.setattr(running, "train_on", no_training)
    same = again(bench, threads=2)  # threads do not count
    assert same.is_done(made_up.system("stack"), "gtzan-mel", "leak-free", 0)
    assert not same.is_done(made_up.system("stack"), "gtzan-mel", "leak-free", 1)
    for way in ("naive", "leak-free"):
        one, other = (b.run(made_up.system("stack"), "gtzan-mel", way, 0) for b in (bench, same))
        assert one.folders == other.folders
        assert np.array_equal(one.answers["genre"].scores, other.answers["genre"].scores)


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(bench, made_up, tmp_path, monkeypatch):
    from contextlib import nullcontext

    from lightning.pytorch.callbacks import Callback

    class Stop(Callback):
        def on_train_epoch_start(self, trainer, module):
            if trainer.current_epoch == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(running, "_CHECKPOINT_SECONDS", 0.0)
    stopped = again(bench, tmp_path)
    stopped._watch = lambda _: nullcontext(Stop())
    with pytest.raises(KeyboardInterrupt):
        stopped.run(made_up.system("cnn"), "gtzan-mel", "naive", 0)
    later = again(bench, tmp_path, threads=2)  # which a run that was begun does not heed
    outcome = later.run(made_up.system("cnn"), "gtzan-mel", "naive", 0)
    lines = (outcome.folders[0] / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    straight = bench.run(made_up.system("cnn"), "gtzan-mel", "naive", 0)
    assert np.array_equal(outcome.answers["genre"].scores, straight.answers["genre"].scores)


def test_runs_of_another_recipe_are_not_taken_for_ours(bench, made_up):
    with pytest.raises(BadRecipe, match=r"another recipe \(training\); delete it, or take other"):
        again(bench, epochs=4).run(made_up.system("cnn"), "gtzan-mel", "naive", 0)


def test_runs_on_other_tracks_are_not_taken_for_ours(bench, made_up, miniature):
    fewer = Bench(made_up, {"gtzan-mel": miniature}, bench.options)
    with pytest.raises(BadSplit, match="was run on other tracks; delete it"):
        fewer.run(made_up.system("cnn"), "gtzan-mel", "naive", 0)


def test_a_track_that_cannot_be_read_is_left_out_and_named(made_up, miniature, tmp_path):
    copy = shutil.copytree(miniature, tmp_path / "data")
    (copy / "rock" / "rock.00001.png").write_bytes(b"no picture")
    bench = Bench(made_up, {"gtzan-mel": copy}, Options(runs=tmp_path / "runs", threads=1))
    outcome = bench.run(made_up.system("lstm"), "gtzan-mel", "naive", 0)
    assert list(outcome.left_out) == ["rock.00001"]
    assert "image" in outcome.left_out["rock.00001"]


def test_quick_is_small(made_up, miniature, tmp_path):
    narrow = {"model": {"settings": {"dense": 4}}}
    system = replace(made_up.system("cnn"), quick=narrow)
    paper = replace(made_up, systems=(system,))
    bench = Bench(paper, {"gtzan-mel": miniature}, Options(runs=tmp_path, quick=True, threads=1))
    assert bench.seeds(system) == (0,)
    outcome = bench.run(system, "gtzan-mel", "leak-free", 0)
    assert len(outcome.folders) == 2
    assert outcome.recipe.training.epochs == 2
    assert outcome.recipe.model.settings["dense"] == 4


def test_a_recipe_is_the_papers_with_what_the_way_asks(bench, made_up):
    system = made_up.system("cnn")
    naive = bench.recipe(system, "gtzan-mel", "naive", 3).to_dict()
    leak_free = bench.recipe(system, "gtzan-mel", "leak-free", 3).to_dict()
    changed = {"training": {"keep": "best", "patience": 2}}
    assert merge(naive, changed) == leak_free
    assert naive["seed"] == 3
    assert naive["data"]["main"] == "gtzan-mel"
    assert again(bench, epochs=7).recipe(system, "gtzan-mel", "naive", 0).training.epochs == 7


def test_studies_get_what_was_judged(bench):
    finished = Finished(bench, "gtzan-mel", [0])
    folds = finished.judged("cnn", "leak-free")
    assert [len(names) for names in folds] == [8] * 5
    judged = [name for names in folds for name in names]
    assert list(finished.answers("cnn", "leak-free")["genre"].tracks) == judged
    assert len(finished.folders("cnn", "naive")) == 1
    assert set(finished.tracks) > set(judged)
    assert set(judged) == set(finished.store("cnn").ids)
    with pytest.raises(KeyError):
        finished.network(Path("elsewhere"))
