"""The study on networks whose nodes are known: what they respond to must be what it tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from earmark.datasets import Track
from earmark.papers.node_report import band_centres, draw, study
from earmark.papers.nodes import correlations, traits

BANDS, COLUMNS = 128, 6
TREBLE = slice(100, 110)


class Ear(torch.nn.Module):
    """Node 1 says how loud the treble is, node 2 is never on, node 3 is noise."""

    def embed(self, clips: torch.Tensor) -> torch.Tensor:
        treble = clips[:, TREBLE].mean(dim=(1, 2)).relu()
        noise = (clips.flatten(1).sum(dim=1) * 1e4).sin().abs()
        return torch.stack([treble, torch.zeros_like(treble), noise], dim=1)


class Folds:
    """Two folds of tracks of which the treble is loud in rock and soft in classical music."""

    dataset, seeds, quick = "emotify", (0,), False

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.tracks, self.arrays = {}, {}
        for i in range(80):
            genre = "rock" if i % 2 else "classical"
            name = f"{genre}/{i:03}"
            self.tracks[name] = Track(
                id=name,
                path=Path(f"{name}.opus"),
                labels={"genre": genre, "mood": "happy" if i % 3 else "sad"},
                artist=f"artist {i // 2}",
                values={"power": 0.5 + 0.4 * (i % 2) + 0.01 * rng.random()},
            )
            slices = rng.random((4, BANDS, COLUMNS)).astype(np.float32)
            slices[:, TREBLE] += i % 2 + 0.3 * rng.standard_normal()
            self.arrays[name] = slices
        names = list(self.tracks)
        self._judged = [names[:40], names[40:]]

    def folders(self, system: str, way: str, seed: int = 0) -> list[Path]:
        assert (system, way) == ("yu-cnn-39", "leak-free")
        return [Path("fold-0"), Path("fold-1")]

    def judged(self, system: str, way: str, seed: int = 0) -> list[list[str]]:
        return [[*names, names[0]] for names in self._judged]  # a track may have several slices

    def network(self, folder: Path) -> Ear:
        return Ear()

    def store(self, system: str) -> Folds:
        return self

    def read(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays


@pytest.fixture(scope="module")
def findings():
    pytest.importorskip("matplotlib")
    return study(Folds(), "yu-cnn-39")


def row(findings, node: int) -> list[str]:
    (line,) = (line for line in findings.text.splitlines() if line.startswith(f"| {node} |"))
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_says_which_label_feeling_and_bands_a_node_goes_along_with(findings):
    _, on, genre, mood, feels, level, bands, most = row(findings, 1)
    assert on.endswith("%")
    assert float(on[:-1]) > 90
    assert genre.startswith(("rock +", "classical −"))
    assert "rock +" in genre
    assert "classical −" in genre
    assert mood == "–"
    assert feels.startswith("power +")
    assert level.startswith("+")
    low, high = band_centres(BANDS)[[TREBLE.start, TREBLE.stop - 1]] / 1000
    assert bands.startswith(f"{low:.2g} to {high:.2g} kHz +")
    assert most.startswith("`rock/")


def test_says_nothing_of_a_node_that_is_never_on(findings):
    assert row(findings, 2) == ["2", "0%", "–", "–", "–", "–", "–", "–"]


def test_counts_only_tracks_of_the_first_fold_and_each_once(findings):
    assert findings.data["tracks"] == 40
    assert findings.data["artists"] == 20


def test_recommends_by_what_the_nodes_hear(findings):
    by = findings.data["agreement"]
    assert by["chance"]["genre"]["other artists"]["share"] == pytest.approx(0.5)
    assert by["nodes"]["genre"]["other artists"]["share"] > 0.6
    low, high = by["nodes"]["genre"]["other artists"]["interval"]
    assert low < by["nodes"]["genre"]["other artists"]["share"] < high < 1
    assert "`classical/000` (artist 0)" in findings.text


def test_keeps_every_number_in_the_data(findings):
    first = findings.data["nodes"][0]
    assert first["traits"]["rock"] == -first["traits"]["classical"] > 0.8
    assert len(first["bands"]) == BANDS
    assert list(first["traits"]) == ["classical", "rock", "happy", "sad", "power", "level"]


def test_names_the_picture_that_it_draws(findings):
    ((name, picture),) = findings.pictures.items()
    assert f"({name})" in findings.text
    assert picture.startswith(b"<?xml")
    assert b"kHz" in picture


def test_the_picture_is_the_same_for_the_same_numbers():
    pytest.importorskip("matplotlib")
    tracks = list(Folds().tracks.values())
    known = traits(tracks, ["genre"], ["power"])
    rng = np.random.default_rng(0)
    r = correlations(rng.random((80, 15)), np.stack([t.amounts for t in known], axis=1))
    bands = correlations(rng.random((80, 15)), rng.random((80, BANDS)))
    assert draw(known, r, bands) == draw(known, r, bands)


def test_band_centres_are_those_of_librosa():
    librosa = pytest.importorskip("librosa")
    expected = librosa.mel_frequencies(n_mels=BANDS + 2, fmin=0, fmax=11025)[1:-1]
    np.testing.assert_allclose(band_centres(BANDS), expected, rtol=1e-9)
