"""Classical models from recipe to bundle: what comes of them is what scikit-learn says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from earmark.bundle import read_bundle, verify_bundle
from earmark.classical import CLASSICAL, to_onnx
from earmark.datasets import open_dataset
from earmark.errors import BadRecipe, EarmarkError, UnreadableFile
from earmark.evaluation.answers import read_answers
from earmark.features import MfccStatistics
from earmark.features.log_mel_image import read_log_mel_image
from earmark.reporting.runs import read_run
from earmark.training import fit as fitting
from earmark.training.judge import run_onnx
from earmark.training.models import is_classical, without_effect
from earmark.training.recipe import recipe_from_dict
from earmark.training.run import train

QUICK = {
    "k-means": {"clusters": 1},
    "hidden-layer": {"units": 8},
    "gradient-boosting": {"rounds": 5},
    "k-nn": {"neighbours": 3},
    "patch-atoms": {"bands": 200, "widths": [1], "atoms": 8, "directions": 6, "shifts": []},
    "wrong-svm": {"cots": 1},
}
VECTORS = {
    "feature": {"name": "mfcc-statistics"},
    "clips": {"subtract_band_mean": False},
}


@pytest.fixture(scope="module")
def start(miniature, tmp_path_factory):
    """Fit a model to the miniature; gives what came of it."""
    folder = tmp_path_factory.mktemp("fits")

    def start(model: str, run: str, *, resume: bool = False, **more):
        chosen = {"name": model.removeprefix("wrong-"), "settings": QUICK.get(model, {})}
        recipe = recipe_from_dict({**VECTORS, "model": chosen, "seed": 1, **more})
        return train(recipe, {"gtzan-mel": miniature}, folder / run, resume=resume)

    return start


@pytest.fixture(scope="module")
def runs(start):
    """A run of each model, made when it is first asked for."""
    made = {}

    def run(name: str):
        if name not in made:
            made[name] = start(name, name)
        return made[name]

    return run


@pytest.fixture(scope="module")
def vectors(miniature):
    """Train and valid vectors, and the index of each track's label."""
    tracks = open_dataset("gtzan-mel", miniature).tracks()
    labels = sorted({track.labels["genre"] for track in tracks})
    feature = MfccStatistics()

    def side(name: str) -> tuple[np.ndarray, np.ndarray]:
        own = [track for track in tracks if track.split == name]
        vectors = [feature.from_log_mel(read_log_mel_image(track.path)) for track in own]
        return np.stack(vectors), np.array([labels.index(t.labels["genre"]) for t in own])

    return side


def pairwise(dag: bool):
    """scikit-learn's machines, with a vote or a walk through the list of labels."""

    def probabilities(inputs, truth, questions):
        scale = StandardScaler().fit(inputs.astype(float))
        inputs = scale.transform(inputs.astype(float))
        settings = CLASSICAL["svm"].Settings()
        gamma = 1 / (settings.width * inputs.shape[1] * inputs.var())
        shape = "ovo" if dag else "ovr"
        model = SVC(C=settings.cost, gamma=gamma, decision_function_shape=shape).fit(inputs, truth)
        logits = model.decision_function(scale.transform(questions.astype(float)))
        return softmax(walked(logits) if dag else logits)

    return probabilities


def walked(decisions: np.ndarray) -> np.ndarray:
    """The margins that each label has outlived, by a list as in the paper."""
    logits = np.zeros((len(decisions), 10))
    for logit, row in zip(logits, decisions, strict=True):
        of_pair = dict(zip(((i, j) for i in range(10) for j in range(i + 1, 10)), row, strict=True))
        left, outlived = list(range(10)), 0.0
        while len(left) > 1:
            decision = of_pair[left[0], left[-1]]
            logit[left.pop(0 if decision < 0 else -1)] = outlived
            outlived += abs(decision)
        logit[left[0]] = outlived
    return logits


def piped(*steps):
    """A pipeline of scikit-learn's own."""

    def probabilities(inputs, truth, questions):
        model = make_pipeline(StandardScaler(), *steps).fit(inputs.astype(float), truth)
        return model.predict_proba(questions.astype(float))

    return probabilities


def clusters(inputs, truth, questions):
    scale = StandardScaler().fit(inputs.astype(float))
    model = KMeans(10, n_init=CLASSICAL["k-means"].Settings().starts, random_state=1).fit(
        scale.transform(inputs.astype(float))
    )
    answers = [np.bincount(truth[model.labels_ == cluster]).argmax() for cluster in range(10)]
    distances = model.transform(scale.transform(questions.astype(float)))
    logits = np.repeat(-distances.max(axis=1, keepdims=True) - 16, 10, axis=1)
    for label in set(answers):
        logits[:, label] = -distances[:, np.array(answers) == label].min(axis=1)
    return softmax(logits)


def mixtures(inputs, truth, questions):
    scale = StandardScaler().fit(inputs.astype(float))
    inputs = scale.transform(inputs.astype(float))
    settings = CLASSICAL["gaussian-mixture"].Settings()
    densities = [
        GaussianMixture(
            3, covariance_type="diag", reg_covar=settings.least_variance, random_state=1
        )
        .fit(inputs[truth == label])
        .score_samples(scale.transform(questions.astype(float)))
        for label in range(10)
    ]
    # The labels have as many tracks each.
    return softmax(np.stack(densities, axis=1) / np.sqrt(inputs.shape[1]))


def atoms(inputs, truth, questions):
    """A vector is one patch here: whitened, of unit length, and how much like each atom it is."""
    found = PCA(6).fit(inputs.astype(float))
    whiten = (found.components_ / np.sqrt(found.explained_variance_)[:, None]).T
    floor = 1e-3 * found.explained_variance_[0]
    whiten *= np.sqrt(found.explained_variance_ / (found.explained_variance_ + floor))

    def directions(vectors):
        left = (vectors - found.mean_) @ whiten
        return left / (np.linalg.norm(left, axis=1, keepdims=True) + 1e-6)

    means = MiniBatchKMeans(8, batch_size=4096, max_iter=30, n_init=1, random_state=1)
    centres = means.fit(directions(inputs).astype(np.float32)).cluster_centers_
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)

    def described(vectors):
        means = np.sqrt(np.maximum(directions(vectors) @ centres.T - 0.1, 0))
        return np.hstack([means, 0 * means])  # of one patch there is no deviation

    discriminants = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)
    model = make_pipeline(StandardScaler(), PCA(), discriminants).fit(described(inputs), truth)
    return model.predict_proba(described(questions))


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


REFERENCES = {
    "dag-svm": pairwise(dag=True),
    "svm": pairwise(dag=False),
    "k-nn": piped(KNeighborsClassifier(3)),
    "k-means": clusters,
    "hidden-layer": piped(MLPClassifier((8,), activation="logistic", alpha=1.0, random_state=1)),
    "gaussian-mixture": mixtures,
    "gradient-boosting": piped(
        GradientBoostingClassifier(
            n_estimators=5,
            max_depth=3,
            subsample=0.5,
            max_features=CLASSICAL["gradient-boosting"].Settings().numbers,
            random_state=1,
        )
    ),
    "patch-atoms": atoms,
    "lda": piped(
        PCA(CLASSICAL["lda"].Settings().variance, svd_solver="full"),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    ),
}


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_bundle_says_what_scikit_learn_says(name, runs, vectors):
    bundle = read_bundle(runs(name).bundle)
    questions, _ = vectors("valid")
    (logits,) = run_onnx(bundle.model, questions)
    expected = REFERENCES[name](*vectors("train"), questions)
    # Whitening and atoms are kept in float32.
    assert np.abs(softmax(logits) - expected).max() <= (1e-4 if name == "patch-atoms" else 1e-5)
    assert (logits.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_run_keeps_what_one_of_a_network_keeps(name, runs):
    trained = runs(name)
    run = trained.run
    names = {path.name for path in run.iterdir()}
    assert names == {
        "bundle",
        "metrics.jsonl",
        "predictions.csv",
        "recipe.json",
        "run.json",
        "sides.json",
    }
    verify_bundle(trained.bundle)
    weights = load_file(trained.bundle / "weights.safetensors")
    summary = json.loads((run / "run.json").read_text())
    assert summary["model"] == name
    assert (summary["epoch"], summary["epochs"]) == (1, 1)
    assert summary["parameters"] == sum(array.size for array in weights.values())
    assert set(summary["versions"]) == {"earmark", "python", "scikit-learn", "numpy"}
    assert summary["metrics"]["valid"]["chosen_on_it"] is False
    (line,) = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    right = read_answers(run / "predictions.csv")["genre"].right.mean()
    assert line["valid_accuracy"] == pytest.approx(right)
    assert line["seconds"] == summary["seconds_per_epoch"] > 0
    (training,) = read_run(run).trainings
    assert training.gap == pytest.approx(line["train_accuracy"] - line["valid_accuracy"])


@pytest.mark.parametrize("name", CLASSICAL)
def test_model_and_weights_hold_the_same(name, runs):
    bundle = read_bundle(runs(name).bundle)
    weights = load_file(bundle.path / "weights.safetensors")
    size = MfccStatistics().shape(30)
    assert to_onnx(CLASSICAL[name], weights, size, {"genre": 10}) == bundle.model


def test_the_seed_decides_every_bit_and_a_lost_bundle_is_made_again(start, runs):
    def both(folder: Path) -> list[bytes]:
        return [(folder / name).read_bytes() for name in ("model.onnx", "weights.safetensors")]

    expected = both(runs("gradient-boosting").bundle)
    again = start("gradient-boosting", "again")
    assert both(again.bundle) == expected
    assert both(start("gradient-boosting", "other", seed=2).bundle) != expected
    (again.bundle / "model.onnx").unlink()
    assert both(start("gradient-boosting", "again", resume=True).bundle) == expected
    with pytest.raises(BadRecipe, match="was begun with another recipe; changed: seed"):
        start("gradient-boosting", "again", resume=True, seed=3)
    with pytest.raises(BadRecipe, match="holds a run already"):
        start("gradient-boosting", "again")


def test_every_clip_of_a_track_is_learnt_from(start):
    cut = {"feature": {"name": "log-mel"}, "clips": {"columns": 32}}
    trained = start("lda", "clips", **cut)
    answers = trained.answers["genre"]
    assert len(answers.tracks) == 4 * 10  # of 100 columns each
    assert trained.summary["sides"]["train"]["n_tracks"] == 30


def test_no_bundle_where_none_is_wanted(start, runs, miniature, tmp_path):
    from earmark.features import feature_from_dict
    from earmark.training.data import load_sides
    from earmark.training.recipe import Data
    from earmark.training.run import train_on

    recipe = recipe_from_dict({**VECTORS, "model": {"name": "lda"}, "seed": 1})
    feature = feature_from_dict(recipe.feature)
    sides = load_sides(Data(), {"gtzan-mel": miniature}, feature, tmp_path / "features")
    trained = train_on(recipe, sides, tmp_path / "run", export=False)
    assert trained.bundle is None
    expected = runs("lda").answers["genre"].scores
    assert np.array_equal(trained.answers["genre"].scores, expected)


def test_numbers_are_learnt_by_models_that_can_and_others_name_them(miniature, tmp_path):
    from dataclasses import replace

    from earmark.features import feature_from_dict
    from earmark.training.data import OutputSpec, load_sides
    from earmark.training.recipe import Data
    from earmark.training.run import train_on

    def valued(items):
        energies = (float(np.mean(item.store.read(item.track.id))) for item in items)
        return [
            replace(item, track=replace(item.track, values={"valence": energy / 10}))
            for item, energy in zip(items, energies, strict=True)
        ]

    feature = feature_from_dict(VECTORS["feature"])
    sides = load_sides(Data(), {"gtzan-mel": miniature}, feature, tmp_path / "features")
    outputs = (OutputSpec("valence", "number", ("valence",)),)
    sides = replace(sides, train=valued(sides.train), valid=valued(sides.valid), outputs=outputs)

    def learnt(name):
        recipe = recipe_from_dict({**VECTORS, "model": {"name": name}, "seed": 1})
        return train_on(recipe, sides, tmp_path / name)

    trained = learnt("svm")
    assert read_bundle(trained.bundle).outputs["valence"].kind == "number"
    truth = [item.track.values["valence"] for item in sides.valid]
    given = trained.answers["valence"].scores[:, 0]
    assert np.corrcoef(given, truth)[0, 1] > 0.5
    able = "svm, k-nn, hidden-layer, gradient-boosting, lda"
    with pytest.raises(BadRecipe, match=f"dag-svm learns labels only: .* learnt by {able}"):
        learnt("dag-svm")
    assert not (tmp_path / "dag-svm").exists()


def test_a_model_that_was_exported_wrongly_is_not_kept(start, monkeypatch):
    def wrongly(family, arrays, *more):
        moved = {**arrays, "genre.intercepts": arrays["genre.intercepts"] + 1e-3}
        return to_onnx(family, moved, *more)

    monkeypatch.setattr(fitting.classical, "to_onnx", wrongly)
    with pytest.raises(EarmarkError, match="genre: the exported model differs from the fitted one"):
        start("svm", "wrong")


def test_a_feature_that_is_no_number_is_named(start, monkeypatch):
    from earmark.store import Store

    read = Store.read

    def damaged(self, name, *where):
        array = read(self, name, *where)
        return np.full_like(array, np.nan) if name == "jazz.00001" else array

    monkeypatch.setattr(Store, "read", damaged)
    with pytest.raises(UnreadableFile, match=r"jazz\.00001\.png: .*no finite numbers"):
        start("lda", "damaged")


@pytest.mark.parametrize(
    ("model", "more", "words"),
    [
        ("k-nnn", {}, "unknown model 'k-nnn'; did you mean 'k-nn'"),
        ("lda", {"feature": {"name": "log-mel"}}, "lda takes clips of one length only: set clips."),
        ("lda", {"clips": {}}, "clips: with mfcc-statistics: .*subtract_band_mean = false"),
        ("wrong-svm", {}, "model svm has no setting 'cots'; did you mean 'cost'"),
    ],
)
def test_an_impossible_recipe_leaves_no_folder(start, tmp_path, miniature, model, more, words):
    with pytest.raises(BadRecipe, match=words):
        start(model, "impossible", **more)
    with pytest.raises(BadRecipe, match="no run to resume"):
        start(model, "impossible", resume=True)


def test_what_is_for_networks_alone_is_told():
    assert without_effect(recipe_from_dict({"model": {"name": "lda"}})) == []
    table = {"training": {"epochs": 3}, "augmentation": {"mixup": 0.2, "stretch": 0.15}}
    assert without_effect(recipe_from_dict(table)) == ["training.epochs", "augmentation.mixup"]
    table = {"pretraining": {"data": ["emotify"]}}
    assert without_effect(recipe_from_dict(table)) == ["pretraining.data"]


def test_a_model_is_a_network_or_classical():
    assert is_classical("lda")
    assert not is_classical("stats-cnn")
    with pytest.raises(BadRecipe, match="did you mean 'stats-cnn'"):
        is_classical("stat-cnn")
    with pytest.raises(BadRecipe, match=r"known: stats-cnn, .*dag-svm"):
        is_classical("zzz")
