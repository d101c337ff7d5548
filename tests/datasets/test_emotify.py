"""Emotify: emotions, valence, moods and the seller's genre."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from earmark.datasets import open_dataset
from earmark.datasets.emotify import EMOTIONS, Emotify, highest_r
from earmark.errors import BadDataset


@pytest.fixture
def folder(make_miniature):
    return make_miniature("emotify")


def test_what_labels_csv_says(folder):
    first, second, *_ = Emotify(folder).tracks()
    assert first.id == "classical/001"
    assert first.values["valence"] == -0.25
    assert first.values["calmness"] == 0.5
    assert first.labels == {"genre": "classical", "mood": "sad", "magnatune-genre": "Alt Rock"}
    assert (first.artist, first.album, first.duration_seconds) == ("Band 0", "Album, 0", 30.0)
    assert second.values["valence"] == 0.05


@pytest.mark.parametrize(
    ("joy", "sadness", "mood"),
    [
        (0.1, 0.201, "sad"),
        (0.1, 0.2, "neutral"),
        (0.6, 0.371, "neutral"),
        (0.6, 0.37, "happy"),
        (1, 0, "happy"),
        (0, 1, "sad"),
    ],
)
def test_moods_are_cut_at_fixed_bounds(folder, joy, sadness, mood):
    table = folder / "labels.csv"
    header, row, *_ = table.read_text().splitlines()
    cells = row.split(",")
    cells[10], cells[12] = str(joy), str(sadness)
    table.write_text(f"{header}\n{','.join(cells)}\n")
    assert Emotify(folder).tracks()[0].labels["mood"] == mood


def test_a_cell_that_is_no_number_is_said(folder):
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("0.05,0.25", "0.05,much", 1))
    with pytest.raises(BadDataset, match=r"labels\.csv: damaged: classical/001\.opus: .*much"):
        Emotify(folder).tracks()


def test_a_table_without_its_clips_is_refused(folder):
    for track in Emotify(folder).tracks():
        track.path.unlink()
    with pytest.raises(BadDataset, match=r"none of the clips"):
        Emotify(folder).tracks()


def test_what_raters_allow_is_the_correlation_with_what_all_would_say():
    """Raters who feel joy, sadness or neither, drawn by chances that are known."""
    rng = np.random.default_rng(0)
    felt = rng.dirichlet([1, 1, 2], 20_000)
    raters = rng.integers(8, 30, len(felt))
    shares = np.stack([rng.multinomial(n, p) / n for n, p in zip(raters, felt, strict=True)])
    of_joy, of_sadness = shares[:, 0], shares[:, 1]
    found = highest_r(raters, {"joyful_activation": of_joy, "sadness": of_sadness})
    valence = np.corrcoef(of_joy - of_sadness, felt[:, 0] - felt[:, 1])[0, 1]
    assert found["sadness"] == pytest.approx(np.corrcoef(of_sadness, felt[:, 1])[0, 1], abs=0.005)
    assert found["valence"] == pytest.approx(valence, abs=0.005)


def test_shares_that_differ_as_raters_do_allow_nothing():
    rng = np.random.default_rng(1)
    raters = np.full(300, 12)
    chance = {name: rng.binomial(12, 0.3, 300) / 12 for name in ("joyful_activation", "sadness")}
    assert max(highest_r(raters, chance).values()) < 0.4
    alike = dict.fromkeys(chance, np.full(300, 0.25))
    assert set(highest_r(raters, alike).values()) == {0}


def test_the_note_says_how_far_raters_agree(folder):
    (note,) = Emotify(folder).notes()
    assert "no higher r than amazement 0.00, solemnity 0.00" in note
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace(",1,20,", ",1,1,"))
    assert Emotify(folder).notes() == []


def test_the_real_set_is_whole(data):
    dataset = open_dataset("emotify", data / "emotify")
    tracks = dataset.tracks()
    assert Counter(track.labels["mood"] for track in tracks) == {
        "sad": 133,
        "neutral": 134,
        "happy": 133,
    }
    assert len({track.artist for track in tracks}) == 138
    assert Counter(track.labels["magnatune-genre"] for track in tracks)["Alt Rock"] == 158
    assert all(set(track.values) == {*EMOTIONS, "valence"} for track in tracks)
    assert list(dataset.validate()) == []
