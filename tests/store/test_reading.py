"""A store gives back what was put in, whole or in stretches, and says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark.errors import BadStore
from earmark.extraction.writer import StoreWriter
from earmark.features import LogMel
from earmark.store import Row, Store, StoreSettings
from earmark.store.layout import array_path

SETTINGS = StoreSettings(feature=LogMel(), dtype="float16", dataset="gtzan-mel", kind="log-mel")


@pytest.fixture(params=["float16", "uint8"])
def made(request, log_mels, tmp_path) -> Path:
    """A store of the album's log-mels, and of a track that failed."""
    settings = replace(SETTINGS, dtype=request.param)
    writer = StoreWriter.create(tmp_path / "store", settings)
    rows = []
    for genre, log_mel in log_mels.items():
        key = settings.key(genre)
        rows.append(Row(id=genre, content=genre, key=key, shape=writer.write(key, [log_mel])))
    rows.insert(3, Row(id="noise", error="not music"))
    writer.finish(rows)
    return writer.folder


def tolerance(store: Store) -> float:
    return 0.04 if store.settings.dtype == "float16" else 80 / 510 + 1e-4


class TestReading:
    def test_what_it_says_of_itself(self, made, log_mels):
        store = Store.open(str(made))
        assert store.feature == LogMel()
        assert store.ids == tuple(log_mels)
        assert store.failures == {"noise": "not music"}
        assert len(store) == len(log_mels)
        assert "jazz" in store
        assert "noise" not in store

    def test_every_array_comes_back(self, made, log_mels):
        store = Store.open(made)
        for genre, log_mel in log_mels.items():
            assert store[genre].shape == log_mel.shape == store.row(genre).shape
            assert store.columns(genre) == log_mel.shape[1]
            values = store.read(genre)
            assert values.dtype == np.float32
            assert np.abs(values - log_mel).max() <= tolerance(store)
            assert (store.settings.decode(store[genre]) == values).all()

    def test_arrays_are_mapped_and_cannot_be_changed(self, made):
        array = Store.open(made)["jazz"]
        assert array.base is not None
        assert not array.flags.writeable
        assert not array.flags.owndata
        assert array.flags.f_contiguous  # a stretch of columns is a stretch of the file

    def test_numpy_alone_reads_them(self, made):
        store = Store.open(made)
        mapped = np.load(array_path(made, store.row("jazz").key), mmap_mode="r")
        assert (store["jazz"] == mapped.T).all()

    def test_stretches(self, made):
        store = Store.open(made)
        whole = store.read("jazz")
        assert (store.read("jazz", 7, 50) == whole[:, 7:57]).all()
        assert (store.read("jazz", 40) == whole[:, 40:]).all()
        assert store.read("jazz", whole.shape[1] - 5, 50).shape == (128, 5)
        with pytest.raises(ValueError, match="column -1"):
            store.read("jazz", -1)

    def test_batches(self, made):
        store = Store.open(made)
        ids, starts = ["jazz", "rock", "jazz"], [0, 30, 100]
        batch = store.batch(ids, starts=starts, columns=64)
        assert batch.shape == (3, 128, 64)
        assert batch.dtype == np.float32
        for clip, name, start in zip(batch, ids, starts, strict=True):
            assert (clip == store.read(name)[:, start : start + 64]).all()
        with pytest.raises(ValueError, match=r"jazz has \d+ columns, too few"):
            store.batch(["rock", "jazz"], starts=[0, 320], columns=64)
        with pytest.raises(ValueError, match="shorter"):
            store.batch(["rock", "jazz"], starts=[0], columns=64)

    @pytest.mark.parametrize(
        ("name", "reason"), [("noise", "not music"), ("polka", "no such track")]
    )
    def test_what_is_not_there_is_refused_with_its_reason(self, name, reason, made):
        store = Store.open(made)
        for look in (store.__getitem__, store.read, store.columns, store.row):
            with pytest.raises(BadStore, match=f"holds no array of {name}: {reason}"):
                look(name)


class TestDamage:
    def path_of(self, folder: Path, name: str) -> Path:
        return array_path(folder, Store.open(folder).row(name).key)

    def test_a_missing_array(self, made):
        self.path_of(made, "jazz").unlink()
        with pytest.raises(BadStore, match="array of jazz is missing or damaged; the same `ear"):
            Store.open(made)

    def test_arrays_of_another_size(self, made):
        paths = [self.path_of(made, name) for name in ("jazz", "rock", "pop")]
        for path in paths:
            path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(BadStore, match="array of jazz and of 2 others is missing or damaged"):
            Store.open(made)

    @pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda p: p.write_bytes(b"")])
    def test_what_is_damaged_after_opening(self, damage, made):
        path = self.path_of(made, "jazz")
        store = Store.open(made)
        damage(path)
        with pytest.raises(BadStore, match="array of jazz is missing or damaged"):
            store.read("jazz")

    def test_another_head(self, made):
        path = self.path_of(made, "jazz")
        path.write_bytes(bytes(128) + path.read_bytes()[128:])
        with pytest.raises(BadStore, match="array of jazz is missing or damaged"):
            Store.open(made).read("jazz")

    def test_a_store_that_is_not_finished(self, made):
        (made / "index.jsonl").unlink()
        with pytest.raises(BadStore, match="not finished; the same `earmark extract` goes on"):
            Store.open(made)

    def test_parts_that_were_not_joined(self, made):
        (made / "index.jsonl").rename(made / "index-1-of-2.jsonl")
        with pytest.raises(BadStore, match="join its parts: earmark merge"):
            Store.open(made)

    def test_no_store(self, tmp_path):
        with pytest.raises(BadStore, match="is not a feature store"):
            Store.open(tmp_path)


class TestFeaturesWithoutTime:
    """Such as a picture of one size: the array comes as it is, and only whole."""

    class Picture(LogMel):
        time_axis = None

    @pytest.fixture
    def pictures(self, tmp_path) -> Store:
        settings = replace(SETTINGS, feature=self.Picture())
        writer = StoreWriter.create(tmp_path, settings)
        shape = writer.write(settings.key("a"), [np.full((3, 4, 2), 7, np.float32)])
        return Store(tmp_path, settings, [Row(id="a", key=settings.key("a"), shape=shape)])

    def test_they_come_whole(self, pictures):
        assert pictures["a"].shape == (3, 4, 2)
        assert pictures.columns("a") == 1
        assert pictures.batch(["a", "a"]).shape == (2, 3, 4, 2)

    def test_and_in_no_other_way(self, pictures):
        with pytest.raises(ValueError, match="has no time axis"):
            pictures.read("a", columns=2)
        with pytest.raises(ValueError, match="has no time axis"):
            pictures.batch(["a"], starts=[1])
