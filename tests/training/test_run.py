"""Runs from beginning to end: what they leave, that a seed decides them, that nothing is lost."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file

from earmark import Classifier
from earmark.bundle import read_bundle, verify_bundle
from earmark.clips import Clips
from earmark.datasets import open_dataset
from earmark.errors import BadRecipe, BadSplit, EarmarkError
from earmark.evaluation.answers import read_answers
from earmark.features.log_mel_image import read_log_mel_image
from earmark.splits import make_split, side, split_checksum
from earmark.training.recipe import read_recipe, recipe_from_dict
from earmark.training.run import train


class StopBefore(Callback):
    """Ends the process's training like a power cut, as far as one can in one process."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_train_epoch_start(self, trainer, _module) -> None:
        if trainer.current_epoch + 1 == self._epoch:
            raise RuntimeError("power cut")


@pytest.fixture
def start(recipe, miniature, tmp_path):
    """Train in this process; gives the run."""

    def start(name: str = "run", changes=(), *, stop_before: int | None = None, resume=False):
        callbacks = [] if stop_before is None else [StopBefore(stop_before)]
        wanted = read_recipe(recipe, changes)
        folders = {"gtzan-mel": miniature}
        try:
            train(wanted, folders, tmp_path / name, resume=resume, callbacks=callbacks)
        except RuntimeError as error:
            assert str(error) == "power cut"
        return tmp_path / name

    return start


def weights(run: Path) -> bytes:
    return (run / "bundle" / "weights.safetensors").read_bytes()


def metrics(run: Path) -> list[dict]:
    """Of each epoch, but for its time."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert all(line.pop("seconds") >= 0 for line in lines)
    return lines


def test_a_run_keeps_everything(finished, recipe):
    names = {path.name for path in finished.iterdir()}
    assert names == {
        "bundle",
        "kept.ckpt",
        "last.ckpt",
        "metrics.jsonl",
        "predictions.csv",
        "recipe.json",
        "run.json",
        "sides.json",
    }
    assert recipe_from_dict(json.loads((finished / "recipe.json").read_text())) == read_recipe(
        recipe
    )
    assert [line["epoch"] for line in metrics(finished)] == [1, 2, 3, 4, 5, 6]
    assert set(metrics(finished)[0]) == {
        "epoch",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_accuracy",
        "learning_rate",
    }


def test_the_valid_loss_fell(finished):
    """Which the tests of resumed runs need: the best epoch must be a late one."""
    losses = [line["valid_loss"] for line in metrics(finished)]
    assert losses.index(min(losses)) >= 3


def test_predictions_are_those_of_the_bundle(finished, miniature):
    answers = read_answers(finished / "predictions.csv")["genre"]
    manifest = read_bundle(finished / "bundle").manifest
    found = manifest["metrics"]["valid"]["outputs"]["genre"]
    assert len(answers) == found["n_tracks"] == 10
    assert answers.right.mean() == found["per_track"]["accuracy"]
    classifier = Classifier.load(finished / "bundle")
    for track, scores in zip(answers.tracks, answers.scores, strict=True):
        image = miniature / track.partition(".")[0] / f"{track}.png"
        given = classifier.judge(read_log_mel_image(image))["genre"]
        assert [given[label] for label in answers.labels] == pytest.approx(scores, abs=1e-6)


def test_what_came_of_it_stands_in_one_file(finished):
    summary = json.loads((finished / "run.json").read_text())
    manifest = read_bundle(finished / "bundle").manifest
    assert (summary["model"], summary["seed"]) == ("stats-cnn", 0)
    assert (summary["epoch"], summary["epochs"]) == (manifest["epoch"], 6)
    weights = load_file(finished / "bundle" / "weights.safetensors")
    buffers = [n for n in weights if n.rpartition(".")[2].startswith(("running", "num_batches"))]
    assert summary["parameters"] == sum(weights[n].numel() for n in set(weights) - set(buffers))
    assert summary["seconds_per_epoch"] > 0
    assert summary["judged"] == "valid"
    assert summary["metrics"] == manifest["metrics"]
    for name in ("train", "valid"):
        checksum = manifest["data"][name]["split_checksum"]
        assert summary["sides"][name]["split_checksum"] == checksum


def test_the_bundle_is_whole_and_says_how_it_was_made(finished):
    bundle = finished / "bundle"
    verify_bundle(bundle)
    manifest = read_bundle(bundle).manifest
    losses = [line["valid_loss"] for line in metrics(finished)]
    assert manifest["epoch"] == losses.index(min(losses)) + 1
    assert manifest["recipe"]["training"]["epochs"] == 6
    assert manifest["data"]["train"]["n_tracks"] == 30
    assert manifest["data"]["valid"]["n_tracks"] == 10
    assert manifest["metrics"]["valid"]["chosen_on_it"] is True


def test_the_bundle_judges_sound(finished, album):
    prediction = Classifier.load(finished / "bundle").predict(album[0])
    assert sum(prediction.genre.values()) == pytest.approx(1)
    assert len(prediction.genre) == 10


def test_the_seed_decides_every_weight(start, finished):
    assert weights(start("again")) == weights(finished)
    assert weights(start("other", ["seed=1", "training.epochs=2"])) != weights(finished)


def test_a_stopped_run_goes_on_as_if_nothing_had_been(start, finished, tmp_path):
    run = start("stopped", stop_before=4)
    assert not (run / "bundle").exists()
    moved = run.rename(tmp_path / "moved")  # as a person may
    # As if it had ended after the line of an epoch was written, but before its checkpoint.
    with (moved / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "valid_')
    start("moved", resume=True)
    assert weights(moved) == weights(finished)
    assert metrics(moved) == metrics(finished)


def test_a_run_stopped_in_its_first_epoch_begins_again(start):
    run = start(changes=["training.epochs=2"], stop_before=1)
    assert not (run / "last.ckpt").exists()
    start(changes=["training.epochs=2"], resume=True)
    assert len(metrics(run)) == 2


def test_a_finished_run_that_lost_its_bundle_makes_it_again(start, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(run / "bundle")
    start(resume=True)
    assert weights(run) == weights(finished)
    assert metrics(run) == metrics(finished)


PATIENCE = ["training.learning_rate=0.1", "training.patience=2", "training.epochs=20"]


def test_training_stops_when_the_loss_does_not_fall(start):
    run = start(changes=PATIENCE)
    losses = [line["valid_loss"] for line in metrics(run)]
    assert len(losses) == losses.index(min(losses)) + 1 + 2
    before, expected = metrics(run), weights(run)

    shutil.rmtree(run / "bundle")
    start(changes=PATIENCE, resume=True)  # it had stopped, and does not begin another epoch
    assert (metrics(run), weights(run)) == (before, expected)

    start("resumed", PATIENCE, stop_before=len(before))
    resumed = start("resumed", PATIENCE, resume=True)  # stops where it would have
    assert (metrics(resumed), weights(resumed)) == (before, expected)


def test_checkpoints_are_read_without_unpickling(finished):
    for name in ("last.ckpt", "kept.ckpt"):
        assert torch.load(finished / name, weights_only=True)["state_dict"]


def test_the_weights_are_those_that_the_model_file_holds(finished):
    from earmark.networks import build_network
    from earmark.training.judge import run_onnx

    manifest = read_bundle(finished / "bundle").manifest
    network = build_network(
        **manifest["recipe"]["model"], shape=(128, 387), outputs={"genre": 10}
    ).eval()
    network.load_state_dict(load_file(finished / "bundle" / "weights.safetensors"))
    clips = torch.randn(2, 128, 90) * 12
    (ours,) = run_onnx((finished / "bundle" / "model.onnx").read_bytes(), clips.numpy())
    with torch.inference_mode():
        assert (network(clips)[0] - torch.from_numpy(ours)).abs().max() <= 1e-4


@pytest.mark.parametrize("name", ["shah-crnn", "liu-dense", "duthoit-lstm"])
def test_a_network_that_takes_one_length_trains_and_tags(start, earmark, album, name):
    sizes = {"shah-crnn": "{filters=[4,4,4,4]}", "liu-dense": "{sizes=[16,8]}"}
    columns = 192 if name == "shah-crnn" else 64
    run = start(
        name,
        [
            f"model.name={name}",
            f"model.settings={sizes.get(name, '{}')}",
            f"training.crop_columns={columns}",
            f"clips.columns={columns}",
            "training.epochs=1",
        ],
    )
    verify_bundle(run / "bundle")
    process = earmark("tag", album[0], "--model", run / "bundle", "--format", "json")
    assert process.returncode == 0, process.stderr
    assert sum(item["probability"] for item in json.loads(process.stdout)["genre"]) == (
        pytest.approx(1, abs=1e-4)
    )


def test_what_a_network_observes_of_the_train_side_stays_in_its_weights(start, miniature):
    changes = ["model.name=liu-shallow", "model.settings={units=4}", "training.epochs=1"]
    changes += ["training.crop_columns=64", "clips.columns=64", "clips.subtract_band_mean=false"]
    kept = load_file(start("shallow", changes) / "bundle" / "weights.safetensors")
    tracks = side(open_dataset("gtzan-mel", miniature).tracks(), "train")
    cut = Clips(columns=64, subtract_band_mean=False)
    clips = np.concatenate([cut(read_log_mel_image(track.path)) for track in tracks])
    assert np.allclose(kept["input.mean"], clips.mean(axis=0), atol=1e-3)


def test_another_recipe_is_not_resumed(start, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    with pytest.raises(BadRecipe, match="another recipe; changed: seed, training"):
        start(changes=["seed=5", "training.epochs=9"], resume=True)


def test_other_tracks_are_not_resumed(start, finished, miniature, recipe, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    (folder / "jazz" / "jazz.00000.png").unlink()
    with pytest.raises(BadRecipe, match="was begun with other tracks or another split"):
        train(read_recipe(recipe), {"gtzan-mel": folder}, tmp_path / "run", resume=True)


class TestSplits:
    """Sides other than the official ones."""

    @pytest.fixture
    def tracks(self, miniature):
        return open_dataset("gtzan-mel", miniature).tracks()

    @pytest.fixture
    def on(self, recipe, miniature, tmp_path):
        def on(split, fold=None):
            wanted = read_recipe(recipe, ["training.epochs=1"])
            folders = {"gtzan-mel": miniature}
            return train(wanted, folders, tmp_path / "run", split=split, fold=fold)

        return on

    def test_three_sides(self, on, tracks):
        shares = {"train": 0.5, "valid": 0.25, "test": 0.25}
        split = make_split("gtzan-mel", tracks, shares, by=["artist"], seed=3)
        summary = on(split).summary
        for name in shares:
            expected = split_checksum(split.tracks(name, tracks))
            assert summary["sides"][name]["split_checksum"] == expected
        assert list(summary["metrics"]) == ["test"]
        assert summary["metrics"]["test"]["chosen_on_it"] is False

    def test_a_fold_is_judged_and_never_chosen_on(self, on, tracks):
        split = make_split("gtzan-mel", tracks, 3, by=["artist"], output=None)
        trained = on(split, fold=1)
        judged = set(split.fold(1)[1])
        assert set(trained.answers["genre"].tracks) == judged
        data = read_bundle(trained.bundle).manifest["data"]
        learnt, chosen = (set(data[name]["tracks"]) for name in ("train", "valid"))
        assert learnt | chosen | judged == {track.id for track in tracks}
        assert not learnt & chosen
        assert not (learnt | chosen) & judged
        assert not set(data["train"]["artists"]) & set(data["valid"]["artists"])

    def test_what_does_not_fit_is_said(self, on, tracks):
        folds = make_split("gtzan-mel", tracks, 3)
        with pytest.raises(BadSplit, match="is 3 folds: say which of them is judged, by --fold"):
            on(folds)
        with pytest.raises(BadSplit, match="has no fold 3: it has folds 0 to 2"):
            on(folds, fold=3)
        with pytest.raises(BadSplit, match="has no side 'valid'; it has train, a"):
            on(make_split("gtzan-mel", tracks, {"train": 0.5, "a": 0.5}))


def test_a_folder_without_a_run_is_not_resumed(start):
    with pytest.raises(BadRecipe, match="no run to resume"):
        start(resume=True)


@pytest.mark.parametrize("name", ["last.ckpt", "kept.ckpt", "recipe.json"])
def test_a_damaged_run_is_not_resumed(start, finished, tmp_path, name):
    run = shutil.copytree(finished, tmp_path / "run")
    (run / name).write_bytes((run / name).read_bytes()[:300])
    with pytest.raises(EarmarkError, match=f"{name}: damaged"):
        start(resume=True)


def test_a_run_is_not_written_over(start, finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    before = weights(run)
    with pytest.raises(BadRecipe, match="holds a run already; choose another --out"):
        start(changes=["seed=5"])
    assert weights(run) == before


PICTURES = [
    'feature={name="grey-image", rows=18, columns=27}',
    "clips.subtract_band_mean=false",
]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["model.settings.chanels=[8]"], "did you mean 'channels'"),
        (["model.name=resnet"], "unknown model 'resnet'"),
        (["model.settings.time_pools=[2,2,2,8]"], "at least 64 columns, but a clip may have 32"),
        (["training.crop_columns=128", "model.settings.time_pools=[2,2,2,8]"], "may have 39"),
        (["model.name=liu-dense", "model.settings={}"], "set clips.columns to .* which is 32"),
        (["model.name=zfnet", "model.settings={}"], "network zfnet: "),
        (
            ["model.name=duthoit-stack", "model.settings={}", "training.crop_columns=128"],
            "trained parts, which a recipe",
        ),
        (PICTURES, "grey-image is not cut: set training.crop_columns to 0"),
        (
            [*PICTURES, "training.crop_columns=0", "augmentation.gain_db=3"],
            "grey-image has no levels in dB: set augmentation.gain_db to 0",
        ),
        (["feature.hop=0"], "feature: hop must be"),
        (["feature.zzz=0"], "feature: feature log-mel has no setting 'zzz'"),
    ],
)
def test_an_impossible_recipe_leaves_no_folder(start, tmp_path, changes, words):
    with pytest.raises(BadRecipe, match=words):
        start(changes=changes)
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_is_said(start):
    with pytest.raises(EarmarkError, match="no epoch had a finite valid loss"):
        start(changes=["training.learning_rate=1e30"])


def test_a_place_that_cannot_be_written_is_named(start, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EarmarkError, match=r"file.*: cannot be written"):
        start("file/run")


@pytest.fixture
def few_real_images(data, tmp_path) -> Path:
    """40 of GTZAN's real images: three of the train list and one of the valid list per genre."""
    table = data / "gtzan-meta" / "tracks.csv"
    folder = tmp_path / "gtzan-mel"
    folder.mkdir()
    shutil.copy(table, folder)
    wanted = {(split, i) for split, n in (("train", 3), ("valid", 1)) for i in range(n)}
    seen: dict[tuple[str, str], int] = {}
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["genre"], row["split"]
            seen[key] = seen.get(key, -1) + 1
            if (row["split"], seen[key]) in wanted:
                (folder / row["genre"]).mkdir(exist_ok=True)
                name = f"{row['genre']}/{row['track']}.png"
                shutil.copy(data / "gtzan-mel" / name, folder / name)
    return folder


def test_real_images_in_half_precision(few_real_images, recipe, tmp_path):
    wanted = read_recipe(recipe, ["training.epochs=2", "training.precision=bf16"])
    bundle = train(wanted, {"gtzan-mel": few_real_images}, tmp_path / "run").bundle
    assert bundle is not None
    verify_bundle(bundle)
    assert read_bundle(bundle).manifest["data"]["train"]["n_tracks"] == 30
