"""Weights to begin with: learnt once from other artists' tracks, and told of in the bundle."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from earmark.bundle import read_bundle
from earmark.datasets import open_dataset
from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.acquaintance import acquaintance
from earmark.features import LogMel
from earmark.features.log_mel_image import write_log_mel_image
from earmark.networks import build_network
from earmark.training import pretraining
from earmark.training.data import ClipSet, items
from earmark.training.features import open_features
from earmark.training.pretraining import begin_with, components, pretrained
from earmark.training.recipe import read_recipe, recipe_from_dict, with_defaults
from earmark.training.run import train

CHANGES = [
    'pretraining.data=["quadrants-mel"]',
    'pretraining.describe=[{name = "mfcc-statistics"}]',
    "pretraining.numbers=3",
    "pretraining.epochs=2",
    "pretraining.crop_columns=32",
]


@pytest.fixture(scope="module")
def quadrants(log_mels, tmp_path_factory):
    """The mood set in small: an artist of GTZAN's, one of the miniature's, and others."""
    folder = tmp_path_factory.mktemp("data") / "quadrants-mel"
    rows = ["track,quadrant,genres,moods,artist,title,n_frames,range_db,peak_db,gtzan_split"]
    for i, log_mel in enumerate(log_mels.values()):
        quadrant = f"Q{i % 4 + 1}"
        (folder / quadrant).mkdir(parents=True, exist_ok=True)
        write_log_mel_image(folder / quadrant / f"MT{i}.png", log_mel[:, -100:], range_db=80)
        artist = "jazz band 1" if i == 0 else f"stranger {i}"
        side = "valid" if i == 1 else ""
        rows.append(f"MT{i},{quadrant},,,{artist},,334,80,0,{side}")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def folders(miniature, quadrants):
    return {"gtzan-mel": miniature, "quadrants-mel": quadrants}


@pytest.fixture
def wanted(recipe):
    return read_recipe(recipe, CHANGES)


def changed(recipe, *, epochs):
    table = recipe.to_dict()
    table["pretraining"]["epochs"] = epochs
    return recipe_from_dict(table)


@given(
    arrays(np.float32, (12, 5), elements=st.floats(-100, 100, width=16)),
    st.integers(1, 8),
)
def test_components_are_those_of_scikit_learn(vectors, count):
    vectors += np.random.default_rng(0).normal(size=vectors.shape).astype(np.float32)
    found = components(vectors, count)
    size = min(count, 5)
    assert found.shape == (12, size)
    expected = PCA(size).fit_transform(StandardScaler().fit_transform(vectors.astype(np.float64)))
    weights = np.linspace(1, 0.5, size)
    for ours, theirs, weight in zip(found.T, expected.T, weights, strict=True):
        np.testing.assert_allclose(np.abs(ours), np.abs(theirs / theirs.std() * weight), atol=1e-2)
        assert ours.mean() == pytest.approx(0, abs=1e-4)


def test_they_are_learnt_once_and_from_strangers(wanted, folders, tmp_path, monkeypatch):
    said: list[str] = []

    def learnt():
        stores, kept = tmp_path / "features", tmp_path / "kept"
        return pretrained(wanted, folders, LogMel(), stores, kept, say=said.append)

    first = learnt()
    everyone = {
        track.id for track in open_dataset("quadrants-mel", folders["quadrants-mel"]).tracks()
    }
    assert {track.id for track in first.tracks} == everyone - {"MT0", "MT1"}
    assert all(torch.isfinite(value).all() for value in first.weights.values())
    monkeypatch.setattr(pretraining, "_learn", lambda *_: pytest.fail("learnt again"))
    again = learnt()
    assert again.tracks == first.tracks
    for name, value in again.weights.items():
        torch.testing.assert_close(value, first.weights[name], rtol=0, atol=0)
    assert said == ["pretraining on 8 tracks without labels; kept for other seeds and folds"]


def test_they_tell_more_than_random_ones(wanted, folders, tmp_path):
    """The error on what was learnt from falls well below that of saying nothing."""
    longer = changed(wanted, epochs=300)
    found = pretrained(longer, folders, LogMel(), tmp_path / "features", tmp_path / "kept")
    network = build_network(
        longer.model.name, longer.model.settings, shape=(128, 100), outputs={"description": 3}
    )
    network.load_state_dict(found.weights)
    dataset = open_dataset("quadrants-mel", folders["quadrants-mel"])
    store = open_features(dataset, LogMel(), tmp_path / "features")
    clips = ClipSet(items(found.tracks, store), longer.clips)
    kind = pretraining._described(longer)[0]
    about = open_features(dataset, kind, tmp_path / "features")
    goals = components(np.stack([about.read(track.id) for track in found.tracks]), 3)
    with torch.inference_mode():
        told = network.eval()(torch.from_numpy(clips.batch(range(len(clips)))))[0].numpy()
    assert np.square(told - goals).mean() < 0.6 * np.square(goals).mean()


def test_a_network_begins_with_what_fits():
    begun, fresh = (
        build_network("stats-cnn", {}, shape=(128, 100), outputs={"genre": 10}) for _ in range(2)
    )
    told = build_network("stats-cnn", {}, shape=(128, 100), outputs={"description": 7})
    begin_with(begun, told.state_dict())
    for name, value in begun.state_dict().items():
        other = fresh if name.startswith("answers") else told
        if not name.startswith("answers"):
            torch.testing.assert_close(value, other.state_dict()[name])
    assert begun.state_dict()["answers.0.weight"].shape == (10, 256)
    with pytest.raises(BadRecipe, match="has none of the weights"):
        begin_with(torch.nn.Linear(3, 3), told.state_dict())


def test_a_run_begins_with_them_and_says_whom_it_heard(wanted, folders, tmp_path):
    trained = train(wanted, folders, tmp_path / "run")
    manifest = read_bundle(tmp_path / "run" / "bundle").manifest
    strangers = list(open_dataset("quadrants-mel", folders["quadrants-mel"]).tracks())
    heard = manifest["data"]["pretraining"]["tracks"]
    assert sorted(heard) == sorted(t.id for t in strangers if t.id not in {"MT0", "MT1"})
    assert acquaintance(strangers, manifest).n_learnt_from == len(heard)
    (kept,) = (tmp_path / "pretrained").glob("*.safetensors")
    assert set(load_file(kept)) >= {"answers.0.weight"}
    without = train(changed(wanted, epochs=1), folders, tmp_path / "other")
    ours, theirs = (each.answers["genre"].scores for each in (trained, without))
    assert not np.allclose(ours, theirs)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('pretraining.describe=[{name = "mfcc"}]', "a mfcc is no vector"),
        ('pretraining.describe=[{name = "mfc"}]', "unknown feature 'mfc'"),
        ("pretraining.describe=[]", "pretraining.describe is out of range"),
        ("pretraining.describe=[3]", "pretraining.describe must be a table"),
        ("pretraining.epochs=0", "pretraining.epochs is out of range"),
        ("pretraining.augmentation.stretch=1.5", "pretraining.augmentation.stretch is out of"),
        ('pretraining.data=["gtzan-mel"]', "no track is left that is not by an artist of gtzan"),
        ('pretraining.data=["emotify"]', "needs emotify: add --data emotify=DIR"),
        ("model.settings.time_pools=[4, 4, 2, 2]", "stats-cnn cannot be pretrained on 32 columns"),
    ],
)
def test_what_cannot_be_is_refused(recipe, folders, tmp_path, change, words):
    with pytest.raises(BadRecipe, match=words):
        wanted = read_recipe(recipe, [*CHANGES, change])
        used = {name: path for name, path in folders.items() if name in wanted.needs}
        train(wanted, used, tmp_path / "run")


def test_a_damaged_file_is_told(wanted, folders, tmp_path):
    where = tmp_path / "features", tmp_path / "kept"
    pretrained(wanted, folders, LogMel(), *where)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(EarmarkError, match="damaged; delete it to learn it again"):
        pretrained(wanted, folders, LogMel(), *where)


def test_recipes_from_before_have_none(wanted):
    written = wanted.to_dict()
    del written["pretraining"]
    assert with_defaults(written)["pretraining"]["data"] == []
