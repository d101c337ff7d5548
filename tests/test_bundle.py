"""Bundles: written, read, verified, refused; the default one; and that nothing is unpickled."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from earmark.bundle import DEFAULT, Output, read_bundle, verify_bundle, write_bundle
from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import LogMel

SOURCES = Path(__file__).parents[1] / "src"


def write(path: Path, **changes) -> Path:
    settings = {
        "model": b"model",
        "weights": b"weights",
        "feature": LogMel(bands=64),
        "clips": Clips(columns=100, hop=50),
        "outputs": {"genre": Output(("jazz", "rock"), 1.5), "mood": Output(("calm",))},
        "about": {"seed": 3, "licence": "MIT, with ü"},
    }
    write_bundle(path, **{**settings, **changes})
    return path


@pytest.fixture
def bundle(tmp_path) -> Path:
    return write(tmp_path / "bundle")


@pytest.fixture
def edit(bundle):
    """Change the manifest; gives the bundle."""

    def edit(**changes) -> Path:
        path = bundle / "bundle.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**manifest, **changes}), encoding="utf-8")
        return bundle

    return edit


def test_what_is_written_is_read(bundle):
    read = read_bundle(bundle)
    assert read.path == bundle
    assert read.model == b"model"
    assert read.feature == LogMel(bands=64)
    assert read.clips == Clips(columns=100, hop=50)
    assert read.outputs == {"genre": Output(("jazz", "rock"), 1.5), "mood": Output(("calm",), 1.0)}
    assert (read.manifest["seed"], read.manifest["licence"]) == (3, "MIT, with ü")
    verify_bundle(bundle)
    assert {path.name for path in bundle.iterdir()} == {
        "bundle.json",
        "model.onnx",
        "weights.safetensors",
    }


def test_folders_above_are_made(tmp_path):
    assert read_bundle(write(tmp_path / "a" / "b" / "bundle")).model == b"model"


def test_an_old_bundle_is_replaced(bundle):
    write(bundle, model=b"new")
    assert read_bundle(bundle).model == b"new"
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_an_old_bundle_stays_when_the_new_one_cannot_be_written(bundle, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write(bundle, model=b"new")
    assert read_bundle(bundle).model == b"model"
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_missing_bundle_is_refused(tmp_path):
    with pytest.raises(BadBundle, match="absent: no such folder"):
        read_bundle(tmp_path / "absent")


def test_a_file_is_refused(bundle):
    with pytest.raises(BadBundle, match="is a file, a bundle is a folder"):
        read_bundle(bundle / "model.onnx")


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(BadBundle, match=r"not an Earmark bundle: it holds no bundle\.json"):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 1', "damaged"),
        ("", "damaged"),
        ("\xff\xfe\xff", "damaged"),
        ("[1]", "not the manifest"),
        ("{}", "not the manifest"),
        ('{"schema": 2}', "schema 2, but this Earmark reads 1; train it again"),
        ('{"schema": null}', "schema None"),
        ('{"schema": 1}', "cannot be used"),
        ('{"schema": 1, "files": []}', "cannot be used"),
    ],
)
def test_a_bad_manifest_is_refused(bundle, text, words):
    (bundle / "bundle.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadBundle, match=words):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"feature": None}, "cannot be used"),
        ({"feature": {"name": "mfcq"}}, "unknown feature 'mfcq'"),
        ({"feature": {"name": "log-mel", "bins": 3}}, "has no setting 'bins'"),
        ({"feature": {"name": "log-mel", "hop": 0}}, "hop must be"),
        ({"feature": {"name": "log-mel", "f_max": "high"}}, "cannot be used"),
        ({"clips": {"columns": -3}}, "columns must be"),
        ({"clips": {"colums": 3}}, "have no setting 'colums'"),
        ({"outputs": {}}, "without labels"),
        ({"outputs": {"genre": {"labels": [], "temperature": 1}}}, "without labels"),
        ({"outputs": {"genre": {"labels": ["a"], "temperature": 0}}}, "or scale"),
        ({"outputs": {"genre": {"labels": ["a"], "temperature": float("nan")}}}, "or scale"),
        ({"outputs": {"genre": {"labels": ["a"]}}}, "'temperature' is missing"),
        ({"outputs": ["genre"]}, "cannot be used"),
        ({"files": {}}, r"model\.onnx: damaged"),
    ],
)
def test_an_impossible_setting_is_refused(edit, changes, words):
    with pytest.raises(BadBundle, match=words):
        read_bundle(edit(**changes))


def test_a_damaged_model_is_refused(bundle):
    (bundle / "model.onnx").write_bytes(b"modem")
    with pytest.raises(BadBundle, match=r"model\.onnx: damaged: its checksum"):
        read_bundle(bundle)


def test_a_missing_model_is_refused(bundle):
    (bundle / "model.onnx").unlink()
    with pytest.raises(BadBundle, match=r"model\.onnx: No such file"):
        read_bundle(bundle)


def test_damaged_weights_are_found_when_asked_for(bundle):
    (bundle / "weights.safetensors").write_bytes(b"weighty")
    read_bundle(bundle)  # judging does not need them
    with pytest.raises(BadBundle, match=r"weights\.safetensors: damaged"):
        verify_bundle(bundle)
    (bundle / "weights.safetensors").unlink()
    with pytest.raises(BadBundle, match=r"weights\.safetensors: No such file"):
        verify_bundle(bundle)


def test_weights_without_a_checksum_are_not_verified(bundle, edit):
    files = read_bundle(bundle).manifest["files"]
    with pytest.raises(BadBundle, match=r"weights\.safetensors: damaged"):
        verify_bundle(edit(files={"model.onnx": files["model.onnx"]}))


def test_the_default_bundle_says_what_it_is():
    verify_bundle(DEFAULT)
    bundle = read_bundle()
    manifest = bundle.manifest
    assert manifest["schema"] == 1
    assert bundle.feature == LogMel()
    assert len(bundle.outputs["genre"].labels) == 10
    assert manifest["recipe"]["seed"] == manifest["seed"]
    for side in ("train", "valid"):
        about = manifest["data"][side]
        assert about["n_tracks"] > 100
        assert re.fullmatch("[0-9a-f]{64}", about["split_checksum"])
        assert re.fullmatch("[0-9a-f]{64}", about["feature_checksum"])
    valid = manifest["metrics"]["valid"]["outputs"]["genre"]
    low, high = valid["per_track"]["accuracy_interval"]
    assert 0.6 < low < valid["per_track"]["accuracy"] < high < 1
    assert valid["n_tracks"] == manifest["data"]["valid"]["n_tracks"]
    assert {"earmark", "python", "torch", "numpy"} <= set(manifest["versions"])
    assert "MIT" in manifest["licence"]


def test_the_default_bundle_is_small_and_holds_nothing_else():
    files = {path.name: path.stat().st_size for path in DEFAULT.iterdir()}
    assert set(files) == {"bundle.json", "model.onnx", "weights.safetensors"}
    assert sum(files.values()) < 10_000_000


def test_the_default_weights_are_those_of_the_default_model(log_mels):
    import torch
    from safetensors.torch import load_file

    from earmark.networks import build_network
    from earmark.training.judge import run_onnx

    bundle = read_bundle()
    outputs = {name: len(output.labels) for name, output in bundle.outputs.items()}
    network = build_network(
        **bundle.manifest["recipe"]["model"], shape=(bundle.feature.bands, 387), outputs=outputs
    ).eval()
    network.load_state_dict(load_file(DEFAULT / "weights.safetensors"))
    for feature in log_mels.values():
        clips = bundle.clips(feature)
        with torch.inference_mode():
            expected = network(torch.from_numpy(clips))
        for ours, theirs in zip(run_onnx(bundle.model, clips), expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() <= 1e-4


def test_the_default_bundle_was_trained_by_the_default_recipe():
    from earmark.training.recipe import read_recipe, recipe_from_dict

    recipe = read_recipe(SOURCES.parent / "recipes" / "default.toml")
    assert recipe_from_dict(read_bundle().manifest["recipe"]) == recipe


def test_a_copy_of_the_default_bundle_is_as_good(tmp_path):
    copy = shutil.copytree(DEFAULT, tmp_path / "copy")
    assert read_bundle(copy).model == read_bundle().model


def unsafe_calls(source: str) -> list[str]:
    """What unpickles in a Python source: imports of pickling modules, loads that allow it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [n for n in names if n.split(".")[0] in {"pickle", "joblib", "dill", "shelve"}]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            options = {word.arg: ast.unparse(word.value) for word in node.keywords}
            call = ast.unparse(node.func)
            if call == "torch.load" and options.get("weights_only") != "True":
                found.append(call)
            if node.func.attr == "fit" and "ckpt_path" in options:
                found += [call] * (options.get("weights_only") != "True")
            if options.get("allow_pickle") == "True":
                found.append(call)
    return found


def test_nothing_is_unpickled_anywhere():
    sources = sorted(SOURCES.rglob("*.py"))
    assert sources
    assert {p.name: unsafe_calls(p.read_text(encoding="utf-8")) for p in sources} == {
        p.name: [] for p in sources
    }


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "trainer.fit(learner, ckpt_path=path)",
    ],
)
def test_the_search_for_pickles_finds_them(source):
    assert unsafe_calls(source)
