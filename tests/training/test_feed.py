"""Batches: by seed, epoch and step, each clip once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from earmark.datasets import Track, open_dataset
from earmark.datasets.gtzan import GENRES
from earmark.extraction.writer import StoreWriter
from earmark.features import GreyImage, LogMel, Slices
from earmark.store import Row, Store, StoreSettings
from earmark.training.data import ClipSet, Item, OutputSpec, Sides
from earmark.training.features import open_features
from earmark.training.feed import Ahead, Lessons
from earmark.training.recipe import recipe_from_dict

GENRE = OutputSpec("genre", "classes", ("a", "b"))


@pytest.fixture
def store(tmp_path):
    """A store of 20 tracks whose cells hold their number, each [shape=(4, 30 columns or more)]."""
    feature = LogMel(bands=4, f_max=4000.0)
    settings = StoreSettings(feature=feature, dtype="float32", dataset="audio", kind="audio")
    writer = StoreWriter.create(tmp_path / "store", settings)
    rows = []
    for i in range(20):
        content = f"{i:064x}"
        shape = writer.write(settings.key(content), [np.full((4, 30 + i), i, np.float32)])
        rows.append(Row(id=str(i), content=content, key=settings.key(content), shape=shape))
    writer.finish(rows)
    return Store.open(tmp_path / "store")


def item(store: Store, number: int, clips: tuple[int, ...] | None = None) -> Item:
    labels, values = {"genre": "ab"[number % 2]}, {"valence": number / 20}
    tags = ("loud",) if number > 10 else ()
    track = Track(str(number), Path(f"{number}.wav"), labels=labels, values=values, tags=tags)
    return Item(track, store, clips)


@pytest.fixture
def lessons(store):
    """Batches of 8 out of 20 tracks, as crops of 16 columns."""

    def make(
        epoch: int = 0, outputs=(GENRE,), clips=None, mixup: float = 0.0, **changes
    ) -> Lessons:
        recipe = recipe_from_dict(
            {
                "seed": changes.pop("seed", 0),
                "clips": {"subtract_band_mean": False} | (clips or {}),
                "augmentation": {
                    "band_shift": 0,
                    "stretch": 0.0,
                    "band_masks": 0,
                    "column_masks": 0,
                    "mixup": mixup,
                },
                "training": {"batch": 8, "crop_columns": 16, "label_smoothing": 0.1, **changes},
            }
        )
        sides = Sides([item(store, i) for i in range(20)], [], outputs)
        return Lessons(sides, ClipSet(sides.train, recipe.clips), recipe, epoch)

    return make


def test_an_epoch_shows_full_batches_of_different_examples(lessons):
    epoch = lessons()
    assert len(epoch) == 2
    clips, targets = zip(*(epoch[step] for step in range(2)), strict=True)
    assert clips[0].shape == (8, 4, 16)
    shown = torch.cat(clips)[:, 0, 0]
    assert len(set(shown.tolist())) == 16
    for level, target in zip(shown, torch.cat([genre for (genre,) in targets]), strict=True):
        assert target.tolist() == pytest.approx([0.05, 0.95] if level % 2 else [0.95, 0.05])


def test_what_fills_no_batch_is_learnt_from_if_wanted(lessons):
    epoch = lessons(partial_batch=True)
    assert [len(epoch[step][0]) for step in range(len(epoch))] == [8, 8, 4]
    shown = torch.cat([epoch[step][0] for step in range(3)])[:, 0, 0]
    assert sorted(shown.tolist()) == list(range(20))


def test_a_last_batch_of_one_clip_is_left_out(lessons):
    assert len(lessons(partial_batch=True, batch=19)) == 1


def test_seed_epoch_and_step_alone_decide(lessons):
    assert torch.equal(lessons(3)[1][0], lessons(3)[1][0])
    assert not torch.equal(lessons(3)[1][0], lessons(3)[0][0])
    assert not torch.equal(lessons(3)[1][0], lessons(4)[1][0])
    assert not torch.equal(lessons(3)[1][0], lessons(3, seed=1)[1][0])


def test_mixup_keeps_targets_adding_up(lessons):
    clips, (targets,) = lessons(mixup=1.0)[0]
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))
    assert not torch.equal(clips, lessons()[0][0])


def test_several_outputs_are_learnt_at_once(lessons):
    valence = OutputSpec("valence", "number", ("valence",))
    tags = OutputSpec("tags", "tags", ("loud", "slow"))
    clips, targets = lessons(outputs=(GENRE, valence, tags))[0]
    for clip, genre, number, words in zip(clips, *targets, strict=True):
        level = float(clip[0, 0])
        assert float(genre[int(level) % 2]) == pytest.approx(0.95)
        assert number.tolist() == pytest.approx([level / 20])
        assert words.tolist() == [float(level > 10), 0]


def test_clips_that_are_judged_are_learnt_from_as_they_are(lessons, store):
    """30 to 49 columns give two clips of 20 each, up to 40 columns, and three beyond."""
    cut = {"columns": 20}
    epoch = lessons(crop_columns=0, clips=cut, batch=7)
    shown = torch.cat([epoch[step][0] for step in range(len(epoch))])
    assert shown.shape == (2 * 11 + 3 * 9, 4, 20)
    assert sorted(set(shown[:, 0, 0].tolist())) == list(range(20))


@pytest.mark.parametrize(
    ("feature", "shape"),
    [(GreyImage(rows=18, columns=27), (18, 27)), (Slices(seconds=1), (128, 13))],
)
def test_pictures_and_slices_are_changed_as_they_are(miniature, tmp_path, feature, shape):
    recipe = recipe_from_dict(
        {"clips": {"subtract_band_mean": False}, "training": {"crop_columns": 0, "batch": 4}}
    )
    dataset = open_dataset("gtzan-mel", miniature)
    kept = open_features(dataset, feature, tmp_path)
    outputs = (OutputSpec("genre", "classes", GENRES),)
    sides = Sides([Item(track, kept) for track in dataset.tracks()[:8]], [], outputs)
    whole = ClipSet(sides.train, recipe.clips)
    clips, _ = Lessons(sides, whole, recipe, 0)[0]
    assert clips.shape == (4, *shape)
    assert clips.isfinite().all()
    levels = {clip.min() for clip in whole} | {clip.max() for clip in whole}
    assert min(levels) <= float(clips.min()) <= float(clips.max()) <= max(levels)
    same = {np.ascontiguousarray(clip).tobytes() for clip in whole}
    assert not any(clip.numpy().tobytes() in same for clip in clips)


def test_batches_are_ready_ahead_and_in_order():
    asked = []

    def get(index: int) -> int:
        asked.append(index)
        return index

    batches = iter(Ahead(get, 4))
    assert next(batches) == 0
    assert list(batches) == [1, 2, 3]
    assert asked == [0, 1, 2, 3]
    with pytest.raises(ZeroDivisionError):
        list(Ahead(lambda index: 1 // (index - 2), 4))
