"""Bundles: written, read, verified, refused; the default one; and that nothing is unpickled."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from earmark.bundle import (
    DEFAULT,
    Member,
    Output,
    Part,
    read_bundle,
    verify_bundle,
    write_blend,
    write_bundle,
)
from earmark.clips import Clips
from earmark.errors import BadBundle
from earmark.features import Chroma, LogMel

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


MEMBERS = (
    Member(
        "net-0",
        b"a net",
        LogMel(),
        Clips(columns=100),
        {"genre": Part("genre", 2.0, 0.5), "valence": Part("pleasure", scale=0.5, offset=0.5)},
    ),
    Member(
        "svm", b"an SVM", Chroma(), Clips(subtract_band_mean=False), {"genre": Part("genre", 1.0)}
    ),
)
OUTPUTS = {
    "genre": Output(("jazz", "rock"), 1.5, thresholds={"jazz": 0.75, "rock": None}),
    "valence": Output(("valence",), kind="number"),
}


@pytest.fixture
def blend(tmp_path) -> Path:
    path = tmp_path / "blend"
    about = {"seed": 3, "memory": {"file": "memory.npy"}}
    write_blend(
        path,
        members=MEMBERS,
        feature=LogMel(),
        outputs=OUTPUTS,
        about=about,
        files={"memory.npy": b"numbers"},
    )
    return path


@pytest.fixture
def edit_member(blend):
    """Change one member in the manifest; gives the blend."""

    def edit(number: int, **changes) -> Path:
        path = blend / "bundle.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["members"][number] |= changes
        path.write_text(json.dumps(manifest), encoding="utf-8")
        return blend

    return edit


def test_a_blend_is_read_as_it_was_written(blend):
    read = read_bundle(blend)
    assert read.is_blend
    assert read.members == MEMBERS
    assert read.outputs == OUTPUTS
    assert read.feature == LogMel()
    assert read.manifest["memory"] == {"file": "memory.npy"}
    verify_bundle(blend)
    files = {"bundle.json", "net-0.onnx", "svm.onnx", "memory.npy"}
    assert {path.name for path in blend.iterdir()} == files


def test_a_bundle_of_one_model_has_one_member(bundle):
    read = read_bundle(bundle)
    (member,) = read.members
    assert not read.is_blend
    assert (member.name, member.model, member.file) == ("model", b"model", "model.onnx")
    assert (member.feature, member.clips) == (read.feature, read.clips)
    assert member.parts == {"genre": Part("genre", temperature=1.5), "mood": Part("mood")}


def test_a_bundle_asked_less_holds_only_what_that_takes(blend):
    bundle = read_bundle(blend)
    for name, output in bundle.outputs.items():
        asked = bundle.asked([name])
        assert asked.outputs == {name: output}
        expected = [member.name for member in bundle.members if name in member.parts]
        assert [member.name for member in asked.members] == expected
        assert all(member.parts.keys() == {name} for member in asked.members)
    assert bundle.asked(list(bundle.outputs)) == bundle
    with pytest.raises(BadBundle, match=r"answers genre.*, not gender$"):
        bundle.asked(["genre", "gender"])


@pytest.mark.parametrize("name", ["net-0.onnx", "svm.onnx"])
def test_every_member_is_held_to_its_checksum(blend, name):
    (blend / name).write_bytes(b"another")
    with pytest.raises(BadBundle, match=rf"{name}: damaged: its checksum"):
        read_bundle(blend)
    (blend / name).unlink()
    with pytest.raises(BadBundle, match=rf"{name}: No such file"):
        read_bundle(blend)


def test_what_else_a_blend_holds_is_verified(blend):
    (blend / "memory.npy").write_bytes(b"letters")
    read_bundle(blend)
    with pytest.raises(BadBundle, match=r"memory\.npy: damaged"):
        verify_bundle(blend)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "svm"}, "member 'svm' must be called so"),
        ({"name": "../svm", "model": "../svm.onnx"}, "must be called so"),
        ({"name": "svm", "model": "svm.onnx"}, "two members of one name"),
        ({"feature": {"name": "mfcq"}}, "unknown feature 'mfcq'"),
        ({"feature": {}}, "unknown feature None"),
        ({"clips": {"columns": -1}}, "columns must be"),
        ({"outputs": {"genre": {"of": "genre"}}}, "no member answers valence"),
        ({"outputs": {"mood": {"of": "mood"}}}, "no member answers valence"),
        ({"outputs": {"genre": {"of": "genre", "weight": 0}}}, "weight must be above 0"),
        ({"outputs": {"genre": {"of": "genre", "temperature": -1}}}, "temperature must be"),
        ({"outputs": {"genre": {"of": "genre", "weight": float("nan")}}}, "weight must be above"),
        ({"outputs": {"genre": {"of": "genre", "offset": float("inf")}}}, "mapped to no number"),
        ({"outputs": {"genre": {"of": "genre", "wait": 1}}}, "wait"),
        ({"outputs": {"genre": {"weight": 1}}}, "of"),
        ({"outputs": ["genre"]}, "cannot be used"),
    ],
)
def test_an_impossible_member_is_refused(edit_member, changes, words):
    with pytest.raises(BadBundle, match=words) as caught:
        read_bundle(edit_member(0, **changes))
    assert "bundle.json: cannot be used: " in str(caught.value)


def test_a_member_that_answers_what_is_no_output_is_refused(edit_member):
    parts = {"genre": {"of": "genre"}, "tempo": {"of": "tempo"}}
    with pytest.raises(BadBundle, match="a member answers tempo, which is no output"):
        read_bundle(edit_member(1, outputs=parts))


@pytest.mark.parametrize("thresholds", [{"punk": 0.5}, {"jazz": 1.5}, {"jazz": "high"}, 3])
def test_impossible_thresholds_are_refused(edit, thresholds):
    genre = {"labels": ["jazz", "rock"], "temperature": 1, "thresholds": thresholds}
    with pytest.raises(BadBundle, match="cannot be used"):
        read_bundle(edit(outputs={"genre": genre}))


def test_members_cannot_be_fed_from_just_any_feature(blend, edit_member):
    path = edit_member(0)
    manifest = json.loads((path / "bundle.json").read_text(encoding="utf-8"))
    manifest["feature"] = {"name": "log-mel", "bands": 64}
    (path / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BadBundle, match="member net-0 takes a log-mel, which log-mel does not"):
        read_bundle(path)


def test_the_default_bundle_says_what_it_is():
    verify_bundle(DEFAULT)
    bundle = read_bundle()
    manifest = bundle.manifest
    assert manifest["schema"] == 1
    assert bundle.feature == LogMel()
    assert len(bundle.outputs["genre"].labels) == 10
    assert set(bundle.outputs["mood"].labels) == {"happy", "tense", "sad", "calm"}
    assert {output.kind for output in bundle.outputs.values()} == {"classes", "number"}
    met = manifest["data"]["train"]
    assert met["n_tracks"] == len(met["tracks"]) > 1000
    assert re.fullmatch("[0-9a-f]{64}", met["split_checksum"])
    found = manifest["metrics"]["folds"]["outputs"]["genre"]
    low, high = found["per_track"]["accuracy_interval"]
    assert 0.6 < low < found["per_track"]["accuracy"] < high < 1
    assert found["per_track"]["calibration_error"] < 0.1
    assert {"earmark", "python", "torch", "scikit-learn", "numpy"} <= set(manifest["versions"])
    assert "MIT" in manifest["licence"]


def test_the_default_bundle_is_small_and_holds_nothing_else():
    files = {path.name: path.stat().st_size for path in DEFAULT.iterdir()}
    assert set(files) == {"bundle.json", *read_bundle().manifest["files"]}
    assert {Path(name).suffix for name in files} == {".json", ".onnx", ".npz"}
    assert sum(files.values()) < 10_000_000


def test_the_default_bundle_was_trained_by_the_default_recipes():
    from earmark.blending.recipe import read_blend

    blend = read_blend(SOURCES.parent / "recipes" / "default" / "blend.toml")
    told = read_bundle().manifest["recipe"]
    assert told["model"]["settings"] == blend.table
    recipes = {voice.member: voice.recipe for voice in blend.voices}
    for name, recipe in told["members"].items():
        known = json.loads(json.dumps(recipes[name].to_dict()))
        for table in (recipe, known):
            table["training"].pop("threads")
            table.pop("seed")
        assert recipe == known


def test_a_copy_of_the_default_bundle_is_as_good(tmp_path):
    copy = shutil.copytree(DEFAULT, tmp_path / "copy")
    assert read_bundle(copy).members == read_bundle().members


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
