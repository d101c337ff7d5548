"""Labelled tracks through the inference path of the tagger, and the report of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from earmark import Classifier
from earmark.batch import Outcome
from earmark.bundle import Output, read_bundle, write_bundle
from earmark.datasets import Track, open_dataset
from earmark.errors import BadBundle, BadDataset
from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import wilson_interval
from earmark.evaluation.judging import Judged, judge_tracks, refitted, report
from earmark.evaluation.summary import summarise
from earmark.features import GreyImage, LinearSpectrogram, LogMel, Mfcc
from earmark.features.log_mel_image import read_log_mel_image, write_log_mel_image
from earmark.prediction import Prediction
from earmark.sources import load_feature

from ..means import write_means


def judged(truth: str, answer: str | None, number: int = 0) -> Judged:
    track = Track(id=f"{truth} {answer} {number}", path=Path(truth), labels={"genre": truth})
    if answer is None:
        return Judged(track, {}, "damaged")
    return Judged(track, {"jazz": 0.3, "pop": 0.0, "rock": 0.3, answer: 0.4})


def test_a_report_counts():
    items = [judged("jazz", "jazz"), judged("jazz", "rock"), judged("jazz", None)]
    result = report(items, ["jazz", "pop", "rock"])
    assert len(result.answers) == 2
    assert result.failures == (items[2],)
    about = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert (about["n_tracks"], about["n_failed"], about["accuracy"]) == (2, 1, 0.5)
    assert about["accuracy_interval"] == list(wilson_interval(1, 2))
    assert about["confusion"] == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert about["recall"] == {"jazz": 0.5, "pop": None, "rock": None}
    assert about["failures"] == [{"path": "jazz", "error": "damaged"}]


def test_what_the_model_would_rather_not_say_is_counted():
    items = [
        judged("jazz", "jazz", 0),
        judged("jazz", "rock", 1),
        replace(judged("jazz", "pop", 2), unknown="unlike all music; nearest is a"),
        replace(judged("jazz", "jazz", 3), unknown="unlike all music; nearest is b"),
        replace(judged("jazz", "jazz", 4), unknown="speech"),
    ]
    about = report(items, ["jazz", "pop", "rock"]).to_dict()
    assert about["accuracy"] == 0.6
    assert about["unknown"] == {
        "n": 3,
        "share": 0.6,
        "share_interval": wilson_interval(3, 5),
        "reasons": {"unlike all music": 2, "speech": 1},
        "accuracy_of_the_rest": 0.5,
        "accuracy_of_the_rest_interval": wilson_interval(1, 2),
    }
    assert report(items[:2], ["jazz", "pop", "rock"]).to_dict()["unknown"]["n"] == 0
    assert "accuracy_of_the_rest" not in report(items[2:], ["jazz", "pop"]).to_dict()["unknown"]


def test_an_outcome_may_be_unknown(album, monkeypatch):
    """As batch gives it: with an answer that should not be believed, and without any."""

    def outcomes(paths, **settings):
        said = ({"genre": {"jazz": 1.0}}, {})
        for path, outputs in zip(paths, said, strict=True):
            yield Outcome(path, Prediction(30.0, outputs, (), unknown="noise"))

    monkeypatch.setattr("earmark.evaluation.judging.judge_files", outcomes)
    tracks = [Track(id=p.stem, path=p, labels={"genre": "jazz"}) for p in album[:2]]
    first, second = judge_tracks(tracks, "audio")
    assert (first.probabilities, first.unknown, first.error) == ({"jazz": 1.0}, "noise", None)
    assert (second.probabilities, second.error) == ({}, "unknown: noise")


def test_an_image_may_be_unknown_too(miniature, monkeypatch):
    tracks = open_dataset("log-mel", miniature).tracks()[:2]
    known = read_log_mel_image(tracks[0].path)
    monkeypatch.setattr(
        Classifier, "unknown", lambda self, feature: None if (feature == known).all() else "noise"
    )
    assert [item.unknown for item in judge_tracks(tracks, "log-mel")] == [None, "noise"]


def test_a_report_says_what_one_answer_for_all_would_give():
    truths = ("jazz", "rock", "rock", "pop")
    items = [judged(truth, "jazz", i) for i, truth in enumerate(truths)]
    about = report(items, ["jazz", "pop", "rock"]).to_dict()
    assert about["majority"] == {"label": "rock", "share": 0.5}


def test_a_report_says_from_where_on_labels_can_be_trusted():
    items = [judged("jazz", "jazz", i) for i in range(8)] + [judged("rock", "pop")]
    about = report(items, ["jazz", "pop", "rock"]).to_dict()
    jazz = about["thresholds"]["jazz"]
    assert (jazz["probability"], jazz["n"], jazz["n_said"]) == (0.4, 8, 8)
    assert about["thresholds"]["pop"]["probability"] is None
    assert about["confident"]["n"] == 0  # without its own fold, a label has six or seven answers


def test_a_temperature_of_other_artists_mends_what_is_too_sure():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (400, 4))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(4, p=row) for row in chances])
    names = tuple(map(str, range(400)))

    def answers(factor: float) -> Answers:
        scores = np.exp(factor * logits) / np.exp(factor * logits).sum(axis=1, keepdims=True)
        return Answers("genre", "classes", tuple("abcd"), names, names, (0,) * 400, truth, scores)

    too_sure = answers(3)
    mended = refitted(too_sure)
    assert mended["temperature"] == pytest.approx(3, rel=0.15)
    assert mended["calibration_error"] < summarise(too_sure)["per_track"]["calibration_error"] / 2
    assert refitted(answers(1))["temperature"] == pytest.approx(1, rel=0.15)
    assert refitted(too_sure.rows(np.array([0]))) is None


def test_numbers_and_tags_are_reported_too():
    tracks = [Track(id=f"{v}", path=Path("x"), values={"valence": v}) for v in (0.1, 0.5, 0.9)]
    items = [Judged(track, {"valence": 2 * track.values["valence"]}) for track in tracks]
    about = report(items, ["valence"], "valence", "number").to_dict()
    assert about["per_track"]["r"] == 1
    tracks = [Track(id=str(tags), path=Path("x"), tags=tags) for tags in [("loud",), ("fast",)]]
    items = [Judged(track, {"fast": 0.1, "loud": 0.8, "old": 0.2}) for track in tracks]
    result = report(items, ["fast", "loud", "old"], "tags", "tags")
    assert result.answers.truth.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert "confusion" not in result.to_dict()


@pytest.mark.parametrize(
    ("items", "words"),
    [([], "none of 0 tracks"), ([judged("jazz", None)], "none of 1 tracks.*jazz: damaged")],
)
def test_a_report_needs_an_answer(items, words):
    with pytest.raises(BadDataset, match=words):
        report(items, ["jazz", "rock"])


def test_images_are_judged_as_the_classifier_judges_their_log_mel(miniature):
    tracks = open_dataset("log-mel", miniature).tracks()[:5]
    classifier = Classifier.load()
    for item, track in zip(judge_tracks(tracks, "log-mel"), tracks, strict=True):
        assert item.track is track
        assert item.probabilities == classifier.judge(read_log_mel_image(track.path))["genre"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_audio_is_judged_as_the_classifier_judges_the_file(album, jobs):
    tracks = [Track(id=p.stem, path=p, labels={"genre": "jazz"}) for p in album[:3]]
    classifier = Classifier.load()
    for item in judge_tracks(tracks, "audio", jobs=jobs):
        assert item.probabilities == pytest.approx(
            classifier.predict(item.track.path).genre, abs=1e-5
        )


def test_a_bad_image_is_an_answer_too(miniature, tmp_path, log_mels):
    folder = tmp_path / "jazz"
    shutil.copytree(miniature / "jazz", folder)
    (folder / "a.png").write_bytes(b"not an image")
    write_log_mel_image(folder / "b.png", log_mels["jazz"][:, :10], range_db=80)
    write_log_mel_image(folder / "c.png", log_mels["jazz"][:64], range_db=80)
    tracks = open_dataset("log-mel", tmp_path).tracks()
    errors = [item.error for item in judge_tracks(tracks, "log-mel")]
    assert "damaged" in errors[0]
    assert errors[1] == "holds 10 columns; at least 39 (3 s) are needed"
    assert "64 pixels" in errors[2]
    assert errors[3:] == [None] * 4


@pytest.mark.parametrize("labels", [{"genre": "polka"}, {}])
def test_a_label_that_the_model_does_not_know_is_refused(labels, album):
    track = Track(id="x", path=album[0], labels=labels)
    with pytest.raises(BadDataset, match="is not one that the model answers: blues, classical"):
        list(judge_tracks([track], "audio"))


@pytest.fixture
def changed(tmp_path):
    """A bundle of one model with the default one's genres, and another feature."""
    genre = {"genre": Output(read_bundle().outputs["genre"].labels)}

    def write(**changes) -> Path:
        bundle = read_bundle(write_means(tmp_path / "means", LogMel(), genre))
        settings = {"feature": bundle.feature, "clips": bundle.clips, "outputs": bundle.outputs}
        path = tmp_path / "changed"
        write_bundle(path, model=bundle.model, weights=b"", about={}, **{**settings, **changes})
        return path

    return write


def test_a_model_without_the_output_is_refused(album):
    track = Track(id="x", path=album[0], labels={"quadrant": "Q1"})
    with pytest.raises(BadBundle, match=r"answers genre, .*, not quadrant"):
        list(judge_tracks([track], "audio", output="quadrant"))


@pytest.mark.parametrize(
    "feature", [replace(LogMel(), f_max=8000.0), LinearSpectrogram()], ids=["log-mel", "linear"]
)
def test_images_are_not_fed_to_a_model_that_needs_the_sound(changed, miniature, feature):
    model = changed(feature=feature)
    tracks = open_dataset("log-mel", miniature).tracks()[:1]
    with pytest.raises(
        BadBundle, match=f"takes a {feature.name}, which cannot be had from log-mel"
    ):
        list(judge_tracks(tracks, "log-mel", model=model))


def test_what_log_mel_images_can_give_is_judged(changed, miniature):
    """Coefficients in place of bands, as many: the model does not notice."""
    feature = Mfcc(coefficients=128, bands=128)
    model = changed(feature=feature)
    (track,) = open_dataset("log-mel", miniature).tracks()[:1]
    expected = Classifier.load(model).judge(feature.from_log_mel(read_log_mel_image(track.path)))
    (item,) = judge_tracks([track], "log-mel", model=model)
    assert item.error is None
    assert item.probabilities == expected["genre"]


def test_the_range_is_80_db_where_the_image_does_not_say(miniature, tmp_path):
    from PIL import Image

    source = miniature / "jazz" / "jazz.00000.png"
    (tmp_path / "jazz").mkdir()
    bare = tmp_path / "jazz" / "bare.png"
    Image.open(source).convert("L").save(bare, pnginfo=None)
    with Image.open(bare) as image:
        assert "range_db" not in getattr(image, "text", {})
    assert np.array_equal(read_log_mel_image(bare), read_log_mel_image(source))
    tracks = open_dataset("log-mel", tmp_path).tracks()
    assert next(judge_tracks(tracks, "log-mel")).error is None


@pytest.fixture
def means(tmp_path):
    """Write a bundle whose logit for label i is i + 1 times the mean of what it is fed."""
    return partial(write_means, tmp_path / "means")


def test_numbers_and_tags_are_judged_as_they_are(means, miniature):
    labels = ("fast", "loud", "old")
    model = means(
        LogMel(),
        {"valence": Output(("valence",), kind="number"), "tags": Output(labels, kind="tags")},
    )
    path = open_dataset("log-mel", miniature).tracks()[0].path
    mean = float(read_log_mel_image(path).mean())
    track = Track(id="x", path=path, values={"valence": 0.5}, tags=("loud", "unheard of"))
    (item,) = judge_tracks([track], "log-mel", model=model, output="valence")
    assert item.probabilities == {"valence": pytest.approx(mean, rel=1e-5)}
    assert report([item], ["valence"], "valence", "number").answers.truth.tolist() == [0.5]
    (item,) = judge_tracks([track], "log-mel", model=model, output="tags")
    expected = {name: 1 / (1 + np.exp(-(i + 1) * mean)) for i, name in enumerate(labels)}
    assert item.probabilities == pytest.approx(expected, rel=1e-4)
    assert report([item], labels, "tags", "tags").answers.truth.tolist() == [[0, 1, 0]]


def test_pictures_are_judged_by_models_of_pictures(means, tmp_path):
    from matplotlib import colormaps
    from PIL import Image

    labels = ("blues", "jazz")
    feature = GreyImage(rows=72, columns=108)
    model = means(feature, {"genre": Output(labels)})
    levels = np.tile(np.linspace(0, 1, 144)[:, None], (1, 216))
    picture, bad = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray((colormaps["magma"](levels)[..., :3] * 255).round().astype(np.uint8)).save(
        picture
    )
    bad.write_bytes(b"nothing")
    tracks = [Track(id=p.stem, path=p, labels={"genre": "jazz"}) for p in (picture, bad)]
    good, failed = judge_tracks(tracks, "image", model=model)
    expected = Classifier.load(model).judge(load_feature(picture, "image", feature))["genre"]
    assert good.probabilities == expected
    assert expected["jazz"] == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.01)
    assert failed.error is not None


def test_pictures_are_refused_at_once(album):
    track = Track(id="x", path=album[0], labels={"genre": "jazz"})
    with pytest.raises(BadBundle, match="judge audio or log-mel images"):
        list(judge_tracks([track], "image"))


def test_a_number_must_be_known(changed, album):
    labels = read_bundle().outputs["genre"].labels
    model = changed(outputs={"genre": Output(labels, kind="number")})
    with pytest.raises(BadDataset, match="its genre is not known"):
        list(judge_tracks([Track(id="x", path=album[0])], "audio", model=model))
