"""What is learnt from and what is judged: sides without leaks, batches by seed, epoch and step."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from earmark.datasets import Track
from earmark.errors import BadRecipe, BadSplit, UnreadableFile
from earmark.features import LogMel
from earmark.features.log_mel_image import write_log_mel_image
from earmark.training.data import Crops, Data, Example, Sides, load_sides
from earmark.training.recipe import recipe_from_dict


@pytest.fixture
def quadrants(miniature, tmp_path):
    """Clips by an artist of each side of GTZAN, by an artist of none, and without genre."""
    rows = ["track,quadrant,genres,moods,artist,gtzan_split"]
    for name, genres, artist, split in (
        ("new", "Jazz", "Nina", ""),
        ("trained", "Blues", "blues band 0", "train"),
        ("judged", "Blues", "Blues Band 3", ""),
        ("sealed", "Jazz", "Ella", "test"),
        ("mixed", "Jazz; Blues", "Nina", ""),
    ):
        (tmp_path / "Q1").mkdir(exist_ok=True)
        shutil.copy(miniature / "jazz" / "jazz.00000.png", tmp_path / "Q1" / f"{name}.png")
        rows.append(f"{name},Q1,{genres},,{artist},{split}")
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def load(data: Data, **folders) -> Sides:
    return load_sides(data, {k.replace("_", "-"): v for k, v in folders.items()}, LogMel())


def test_sides_are_the_official_ones(miniature):
    sides = load(Data(), gtzan_mel=miniature)
    assert (len(sides.train), len(sides.valid), len(sides.labels)) == (30, 10, 10)
    assert sides.labels == tuple(sorted(sides.labels))
    assert {example.track.split for example in sides.valid} == {"valid"}
    assert all(example.feature.shape == (128, 100) for example in sides.train)


def test_extra_tracks_by_artists_of_judged_sides_stay_out(miniature, quadrants):
    data = Data(extra=("quadrants-mel",))
    sides = load(data, gtzan_mel=miniature, quadrants_mel=quadrants)
    assert [e.track.id for e in sides.train[30:]] == ["new", "trained"]
    assert [e.label for e in sides.train[30:]] == ["jazz", "blues"]
    assert len(sides.valid) == 10


def test_an_artist_on_both_sides_is_refused(miniature, tmp_path):
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    table = folder / "tracks.csv"
    table.write_text(table.read_text().replace("jazz band 3", "Jazz Band 0"))
    with pytest.raises(BadSplit, match="artist:jazz band 0 stands on two sides"):
        load(Data(), gtzan_mel=folder)


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ({}, "the recipe needs gtzan-mel: add --data gtzan-mel=DIR"),
        ({"gtzan_mel": 1, "audio": 1}, "--data audio: the recipe uses only gtzan-mel"),
    ],
)
def test_folders_must_be_those_of_the_recipe(miniature, folders, words):
    with pytest.raises(BadRecipe, match=words):
        load(Data(), **dict.fromkeys(folders, miniature))


def test_a_data_set_without_sides_cannot_be_the_main_one(miniature):
    with pytest.raises(BadSplit, match="no split named 'train'"):
        load(Data(main="log-mel"), log_mel=miniature)


def test_a_damaged_image_is_named(miniature, tmp_path):
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    image = folder / "pop" / "pop.00001.png"
    image.write_bytes(image.read_bytes()[:1000])
    with pytest.raises(UnreadableFile, match=r"pop\.00001\.png"):
        load(Data(), gtzan_mel=folder)


def test_a_track_too_short_to_judge_is_named(miniature, log_mels, tmp_path):
    folder = tmp_path / "gtzan-mel"
    shutil.copytree(miniature, folder)
    image = folder / "jazz" / "jazz.00000.png"
    write_log_mel_image(image, log_mels["jazz"][:, :20], range_db=80)
    with pytest.raises(UnreadableFile, match=r"jazz\.00000\.png: holds 20 columns; at least"):
        load(Data(), gtzan_mel=folder)


@pytest.fixture
def crops():
    """Batches of 8 out of 20 examples of constant features, each with its own level."""

    def make(epoch: int = 0, seed: int = 0, mixup: float = 0.0) -> Crops:
        recipe = recipe_from_dict(
            {
                "seed": seed,
                "augmentation": {"band_masks": 0, "column_masks": 0, "mixup": mixup},
                "training": {"batch": 8, "crop_columns": 16, "label_smoothing": 0.1},
            }
        )
        features = [np.full((4, 30), i, np.float32) for i in range(20)]
        examples = [
            Example(Track(id=str(i), path=None), feature, "ab"[i % 2])
            for i, feature in enumerate(features)
        ]
        return Crops(Sides(examples, [], ("a", "b")), features, recipe, epoch)

    return make


def test_an_epoch_shows_full_batches_of_different_examples(crops):
    epoch = crops()
    assert len(epoch) == 2
    clips, targets = zip(*(epoch[step] for step in range(2)), strict=True)
    assert clips[0].shape == (8, 4, 16)
    shown = torch.cat(clips)[:, 0, 0]
    assert len(set(shown.tolist())) == 16
    for level, target in zip(shown, torch.cat(targets), strict=True):
        assert target.tolist() == pytest.approx([0.05, 0.95] if level % 2 else [0.95, 0.05])


def test_seed_epoch_and_step_alone_decide(crops):
    assert torch.equal(crops(3)[1][0], crops(3)[1][0])
    assert not torch.equal(crops(3)[1][0], crops(3)[0][0])
    assert not torch.equal(crops(3)[1][0], crops(4)[1][0])
    assert not torch.equal(crops(3)[1][0], crops(3, seed=1)[1][0])


def test_mixup_keeps_targets_adding_up(crops):
    clips, targets = crops(mixup=1.0)[0]
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))
    assert not torch.equal(clips, crops()[0][0])
