"""A blend from beginning to end: members are trained once, judged, pooled, and put in a bundle."""

import json
import shutil

import numpy as np
import pytest

from earmark import Classifier
from earmark.bandwidth import bandwidth, read_extension
from earmark.blending import work
from earmark.blending.pooling import pool
from earmark.blending.recipe import read_blend
from earmark.blending.training import Workshop
from earmark.blending.writing import Blended, write_blended, write_report
from earmark.bundle import Output, read_bundle, verify_bundle
from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.answers import read_answers
from earmark.features.log_mel_image import read_log_mel_image
from earmark.members import pooled, scores


def blended(recipes, runs, miniature, side) -> Blended:
    blend = read_blend(recipes / "blend.toml")
    taught = Workshop(blend, {"gtzan-mel": miniature}, runs).teach(side)
    found = {output.name: pool(blend, taught, output) for output in blend.outputs}
    return Blended(blend, side, taught, found, "earmark blend")


def log_mels_of(blended, miniature, runs):
    return Workshop(blended.recipe, {"gtzan-mel": miniature}, runs).log_mels


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def official(recipes, runs, miniature) -> Blended:
    return blended(recipes, runs, miniature, "official")


@pytest.fixture(scope="module")
def whole(recipes, runs, miniature) -> Blended:
    return blended(recipes, runs, miniature, "all")


def test_the_bundle_says_what_the_members_say_together(official, miniature, runs, tmp_path):
    write_blended(official, tmp_path / "bundle", log_mels_of(official, miniature, runs))
    verify_bundle(tmp_path / "bundle")
    classifier = Classifier.load(tmp_path / "bundle")
    genre = official.outputs["genre"]
    weights = [official.recipe.weights(official.recipe.outputs[0])[name] for name in genre.members]
    logits = pooled([alone.scores for alone in genre.members.values()], weights, "classes")
    expected = scores(logits, genre.output)
    for i, track in enumerate(genre.answers.tracks):
        path = miniature / track.partition(".")[0] / f"{track}.png"
        said = classifier.judge(read_log_mel_image(path))["genre"]
        found = [said[label] for label in genre.output.labels]
        np.testing.assert_allclose(found, expected[i], atol=1e-4)


def test_the_bundle_says_how_it_came_about(official, miniature, runs, tmp_path):
    write_blended(official, tmp_path / "bundle", log_mels_of(official, miniature, runs))
    bundle = read_bundle(tmp_path / "bundle")
    manifest = bundle.manifest
    assert [member.name for member in bundle.members] == ["lda-s0", "knn-s3"]
    assert manifest["seeds"] == {"lda": [0], "knn": [3]}
    assert manifest["recipe"]["model"]["name"] == "blend"
    assert manifest["recipe"]["members"]["knn"]["model"]["name"] == "k-nn"
    assert manifest["data"]["train"]["n_tracks"] == len(manifest["data"]["train"]["tracks"]) == 30
    assert "artist:jazz band 0" in manifest["data"]["train"]["artists"]
    assert manifest["data"]["valid"]["n_tracks"] == 10
    assert manifest["metrics"]["valid"]["chosen_on_it"]
    assert "scikit-learn" in manifest["versions"]
    assert not (tmp_path / "bundle" / "weights.safetensors").exists()


def test_what_is_expected_of_lacking_bands_follows_from_what_was_learnt(
    official, miniature, runs, tmp_path
):
    write_blended(official, tmp_path / "bundle", log_mels_of(official, miniature, runs))
    found = read_extension(read_bundle(tmp_path / "bundle"))
    trained = [
        read_log_mel_image(path)
        for path in miniature.glob("*/*.png")
        if not path.stem.endswith("3")  # the valid ones
    ]
    met = np.concatenate([each for each in trained if bandwidth(each) == 128], axis=1)
    assert met.shape[1] == 30 * 100  # the album has all bands
    np.testing.assert_allclose(found.mean, met.mean(axis=1), rtol=1e-3)
    np.testing.assert_allclose(found.covariance, np.cov(met, ddof=0), rtol=1e-2, atol=0.1)


def test_where_no_sound_has_all_bands_nothing_is_expected(official, tmp_path):
    write_blended(official, tmp_path / "bundle", lambda *_: [np.full((128, 9), -80, np.float32)])
    assert read_extension(read_bundle(tmp_path / "bundle")) is None
    verify_bundle(tmp_path / "bundle")


def test_what_is_finished_is_not_trained_again(official, recipes, runs, miniature, monkeypatch):
    monkeypatch.setattr(work, "train_on", lambda *_, **__: pytest.fail("trained again"))
    again = blended(recipes, runs, miniature, "official")
    np.testing.assert_array_equal(
        again.outputs["genre"].answers.scores, official.outputs["genre"].answers.scores
    )


def test_a_stopped_run_is_gone_on_with(official, recipes, runs, miniature, tmp_path):
    copy = shutil.copytree(runs, tmp_path / "copy")
    (copy / "lda-s0" / "official" / "run.json").unlink()
    shutil.rmtree(copy / "knn-s3")
    again = blended(recipes, copy, miniature, "official")
    np.testing.assert_array_equal(
        again.outputs["genre"].answers.scores, official.outputs["genre"].answers.scores
    )


def test_runs_of_another_recipe_are_not_taken_for_these(official, runs, miniature, tmp_path):
    for name in ("knn", "lda"):
        (tmp_path / f"{name}.toml").write_text(
            '[feature]\nname = "mfcc-statistics"\n[clips]\nsubtract_band_mean = false\n'
            '[model]\nname = "k-nn"\n',
            encoding="utf-8",
        )
    text = '[members.lda]\nrecipe = "lda.toml"\n[outputs.genre]\nfrom = {lda = 1}\n'
    (tmp_path / "blend.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRecipe, match="was run by another recipe"):
        blended(tmp_path, runs, miniature, "official")


def test_all_is_learnt_from_and_the_folds_say_how_good_that_is(whole, miniature, runs, tmp_path):
    report = write_report(whole, runs / "blend-all")
    write_blended(whole, tmp_path / "bundle", log_mels_of(whole, miniature, runs))
    bundle = read_bundle(tmp_path / "bundle")
    assert bundle.manifest["data"].keys() == {"train"}
    assert bundle.manifest["data"]["train"]["n_tracks"] == 40
    assert not bundle.manifest["metrics"]["folds"]["chosen_on_it"]
    answers = read_answers(runs / "blend-all" / "predictions.csv")["genre"]
    assert sorted(answers.tracks) == sorted(bundle.manifest["data"]["train"]["tracks"])
    accuracy = bundle.manifest["metrics"]["folds"]["outputs"]["genre"]["per_track"]["accuracy"]
    assert accuracy == pytest.approx(answers.right.mean())
    told = [
        json.loads((runs / "lda-s0" / "folds" / f"fold-{i}" / "run.json").read_bytes())
        for i in range(5)
    ]
    mean = np.exp(np.mean([np.log(run["temperatures"]["genre"]) for run in told]))
    assert bundle.members[0].parts["genre"].temperature == pytest.approx(mean)
    assert report["outputs"]["genre"]["members"].keys() == {"lda-s0", "knn-s3"}
    assert report == json.loads((runs / "blend-all" / "blend.json").read_bytes())
    assert set(bundle.outputs["genre"].thresholds) == set(bundle.outputs["genre"].labels)


def test_answers_of_a_fold_have_the_temperature_of_the_others(whole, runs):
    folders = [runs / "knn-s3" / "folds" / f"fold-{i}" for i in range(5)]
    own = [json.loads((run / "run.json").read_bytes())["temperatures"]["genre"] for run in folders]
    taught = whole.taught[1].answers["genre"]
    for number, run in enumerate(folders):
        written = read_answers(run / "predictions.csv")["genre"]
        here = np.isin(taught.tracks, written.tracks)
        rest = np.exp(np.mean(np.log([*own[:number], *own[number + 1 :]])))
        expected = scores(np.log(written.scores) * own[number], Output(written.labels, rest))
        np.testing.assert_allclose(taught.rows(here).scores, expected, atol=1e-6)


def test_a_run_without_temperatures_is_refused(official, recipes, runs, miniature, tmp_path):
    copy = shutil.copytree(runs, tmp_path / "copy")
    path = copy / "lda-s0" / "official" / "run.json"
    told = json.loads(path.read_bytes())
    del told["temperatures"]
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(EarmarkError, match="says no temperatures; delete it to train it again"):
        blended(recipes, copy, miniature, "official")


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ((), "a member needs gtzan-mel: add --data gtzan-mel=DIR"),
        (("gtzan-mel", "emotify"), "--data emotify: the members use only gtzan-mel"),
    ],
)
def test_data_that_do_not_fit_are_refused(recipes, miniature, tmp_path, folders, words):
    with pytest.raises(BadRecipe, match=words):
        Workshop(read_blend(recipes / "blend.toml"), dict.fromkeys(folders, miniature), tmp_path)
