"""`earmark remember` gives a bundle a memory, says what it is worth, and refuses what it cannot."""

import json
import shutil

import pytest

from earmark import Classifier
from earmark.bundle import DEFAULT, verify_bundle
from earmark.cli import remember
from earmark.errors import BadBundle, BadDataset


@pytest.fixture
def bundle(tmp_path):
    return shutil.copytree(DEFAULT, tmp_path / "bundle")


def run(bundle, data, tmp_path) -> None:
    stores = tmp_path / "stores"
    remember.run(bundle, data=data, features=stores, seed=0, out=tmp_path / "worth.json")


def test_a_folder_of_music(bundle, album, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(remember, "LEARNT", 3)
    monkeypatch.setattr(remember, "JUDGED", 1)
    monkeypatch.setenv("PATH", str(tmp_path))  # without programs that speak
    run(bundle, [f"audio={album[0].parent}"], tmp_path)
    verify_bundle(bundle)
    said = capsys.readouterr()
    assert "speech (flite) is not judged: flite is not installed" in said.err
    report = json.loads((tmp_path / "worth.json").read_text(encoding="utf-8"))
    assert set(report["caught"]) == {"noise", "tone", "applause", "chip tunes", "game sounds"}
    assert report["not judged"] == ["speech (espeak-ng)", "speech (flite)"]
    assert report["abstains"]["whole clips"]["of"] == len(album)
    assert "whole clips" in said.out
    classifier = Classifier.load(bundle)
    unit = classifier.embed(classifier.bundle.feature(_waveform(album[3])))
    near = classifier.neighbours(unit, 3)
    assert album[3].stem in near[0].track.name
    assert near[0].similarity > 0.95 > near[1].similarity


def _waveform(path):
    from earmark.audio import load_audio

    return load_audio(path, rate=22050)


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (["audio={album}", "audio={album}"], BadDataset, "--data names a data set twice"),
        (["audio={album}/gone"], BadDataset, "no such folder"),
        (["sounds={album}"], BadDataset, "unknown data set"),
    ],
)
def test_wrong_data(data, error, said, bundle, album, tmp_path):
    before = {path: path.read_bytes() for path in bundle.iterdir()}
    with pytest.raises(error, match=said):
        run(bundle, [text.format(album=album[0].parent) for text in data], tmp_path)
    assert {path: path.read_bytes() for path in bundle.iterdir()} == before


def test_no_bundle(album, tmp_path):
    with pytest.raises(BadBundle, match="no such folder"):
        run(tmp_path / "none", [f"audio={album[0].parent}"], tmp_path)
