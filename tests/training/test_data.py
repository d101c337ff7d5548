"""What is learnt from and what is judged: sides without leaks, clips as the tagger cuts."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.clips import Clips
from earmark.datasets import Track, open_dataset
from earmark.errors import BadRecipe, BadSplit, UnreadableFile
from earmark.extraction.writer import StoreWriter
from earmark.features import GreyImage, LogMel, Slices
from earmark.features.log_mel_image import write_log_mel_image
from earmark.splits import make_split
from earmark.store import Row, Store, StoreSettings
from earmark.training.data import ClipSet, Item, Sides, load_sides
from earmark.training.features import open_features
from earmark.training.recipe import Data


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


@pytest.fixture
def load(tmp_path):
    def load(data: Data, **folders) -> Sides:
        named = {k.replace("_", "-"): v for k, v in folders.items()}
        return load_sides(data, named, LogMel(), tmp_path / "features")

    return load


def test_sides_are_the_official_ones(miniature, load):
    sides = load(Data(), gtzan_mel=miniature)
    (genre,) = sides.outputs
    assert (len(sides.train), len(sides.valid), len(genre.labels)) == (30, 10, 10)
    assert (genre.name, genre.kind) == ("genre", "classes")
    assert genre.labels == tuple(sorted(genre.labels))
    assert {item.track.split for item in sides.valid} == {"valid"}
    assert all(item.store[item.track.id].shape == (128, 100) for item in sides.train)


def test_extra_tracks_by_artists_of_judged_sides_stay_out(miniature, quadrants, load):
    data = Data(extra=("quadrants-mel",))
    sides = load(data, gtzan_mel=miniature, quadrants_mel=quadrants)
    assert [e.track.id for e in sides.train[30:]] == ["new", "trained"]
    assert [e.track.labels["genre"] for e in sides.train[30:]] == ["jazz", "blues"]
    assert len(sides.valid) == 10


def test_an_artist_on_both_sides_is_refused(miniature, load, tmp_path):
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
def test_folders_must_be_those_of_the_recipe(miniature, load, folders, words):
    with pytest.raises(BadRecipe, match=words):
        load(Data(), **dict.fromkeys(folders, miniature))


def test_a_data_set_without_sides_cannot_be_the_main_one(miniature, load):
    with pytest.raises(BadSplit, match="log-mel has no train and valid sides of its own"):
        load(Data(main="log-mel"), log_mel=miniature)


@pytest.mark.parametrize("choosing", [True, False])
def test_a_part_of_the_folds_is_set_aside_only_to_choose_on_it(
    miniature, tmp_path, choosing, monkeypatch
):
    monkeypatch.setattr("earmark.training.data.INNER", {"train": 0.6, "valid": 0.4})
    tracks = open_dataset("gtzan-mel", miniature).tracks()
    split = make_split("gtzan-mel", tracks, 2, by=("artist",), output="genre")
    given = {"gtzan-mel": miniature}
    sides = load_sides(Data(), given, LogMel(), tmp_path, split=split, fold=1, choosing=choosing)
    train, valid = ({item.track.id for item in side} for side in (sides.train, sides.valid))
    assert not train & valid
    if choosing:
        assert train | valid == set(split.sides["fold-0"])
        assert {item.track.id for item in sides.judged} == set(split.sides["fold-1"])
    else:
        assert (train, valid) == (set(split.sides["fold-0"]), set(split.sides["fold-1"]))
        assert sides.judged is None


def test_a_damaged_image_is_named(miniature, load, tmp_path):
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    image = folder / "pop" / "pop.00001.png"
    image.write_bytes(image.read_bytes()[:1000])
    with pytest.raises(UnreadableFile, match=r"pop\.00001\.png"):
        load(Data(), gtzan_mel=folder)


def test_a_track_too_short_to_judge_is_named(miniature, log_mels, load, tmp_path):
    folder = tmp_path / "gtzan-mel"
    shutil.copytree(miniature, folder)
    image = folder / "jazz" / "jazz.00000.png"
    write_log_mel_image(image, log_mels["jazz"][:, :20], range_db=80)
    with pytest.raises(UnreadableFile, match=r"jazz\.00000\.png: holds 20 columns; at least"):
        load(Data(), gtzan_mel=folder)


def contiguous(store: Store, track: Track) -> np.ndarray:
    """A feature as an extractor gives it, so that sums of its rows are the same to the last bit."""
    return np.ascontiguousarray(store.read(track.id))


class TestClips:
    @given(
        columns=st.integers(0, 60),
        hop=st.integers(0, 30),
        mean=st.booleans(),
        first=st.booleans(),
    )
    def test_are_those_of_the_tagger(self, varied, columns, hop, mean, first):
        cut = Clips(columns=columns, hop=hop, subtract_band_mean=mean, first_only=first)
        found = ClipSet([Item(track, varied) for track in TRACKS], cut)
        expected = [clip for track in TRACKS for clip in cut(contiguous(varied, track))]
        assert len(found) == len(expected)
        for index, clip in enumerate(expected):
            assert (found[index] == clip).all()

    def test_some_are_kept_and_all_are_the_same(self, varied, monkeypatch):
        cut = Clips(columns=10, subtract_band_mean=False)
        everything = ClipSet([Item(track, varied) for track in TRACKS], cut)
        monkeypatch.setattr("earmark.training.data.HELD_BYTES", 2 * everything[0].nbytes)
        few = ClipSet([Item(track, varied) for track in TRACKS], cut)
        for _ in range(2):
            for index in range(len(few)):
                assert (few[index] == everything[index]).all()
        assert few[0] is few[0]
        assert few[len(few) - 1] is not few[len(few) - 1]

    def test_some_of_a_track(self, varied):
        cut = Clips(columns=10, subtract_band_mean=False)
        whole = ClipSet([Item(TRACKS[1], varied)], cut)
        some = ClipSet([Item(TRACKS[0], varied, (0,)), Item(TRACKS[1], varied, (2, 4))], cut)
        assert [some.number(i) for i in range(len(some))] == [0, 2, 4]
        assert [some.item(i) for i in range(len(some))] == [0, 1, 1]
        assert (some[1] == whole[2]).all()
        assert (some[2] == whole[4]).all()

    def test_come_some_at_a_time_of_one_shape(self, varied):
        found = ClipSet([Item(t, varied) for t in TRACKS * 20], Clips())
        batches = list(found.batches())
        assert [index for _, indices in batches for index in indices] == list(range(len(found)))
        for clips, indices in batches:
            assert 1 <= len(clips) == len(indices) <= 32
            assert all((clip == found[i]).all() for clip, i in zip(clips, indices, strict=True))


TRACKS = [Track("short", Path("short")), Track("long", Path("long"))]


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    """A track of 12 columns and one of 55."""
    settings = StoreSettings(
        feature=LogMel(bands=4, f_max=4000.0), dtype="float32", dataset="audio", kind="audio"
    )
    writer = StoreWriter.create(tmp_path_factory.mktemp("varied"), settings)
    rng = np.random.default_rng(0)
    rows = []
    for name, columns in (("short", 12), ("long", 55)):
        values = rng.normal(size=(4, columns)).astype(np.float32)
        key = settings.key(name)
        rows.append(Row(id=name, content=name, key=key, shape=writer.write(key, [values])))
    writer.finish(rows)
    return Store.open(writer.folder)


def test_slices_and_pictures_are_taken_from_the_store(miniature, tmp_path):
    dataset = open_dataset("gtzan-mel", miniature)
    track = dataset.tracks()[0]
    taken = Clips(subtract_band_mean=False)
    slices = open_features(dataset, Slices(seconds=3.0), tmp_path)
    found = ClipSet([Item(track, slices)], taken)
    assert len(found) == slices.columns(track.id) > 1
    assert (np.stack([found[i] for i in range(len(found))]) == slices.read(track.id)).all()
    image = open_features(dataset, GreyImage(rows=9, columns=12), tmp_path)
    (picture,) = [found[0] for found in [ClipSet([Item(track, image)], taken)]]
    assert picture.shape == (9, 12)
    assert (picture == image.read(track.id)).all()


def test_features_are_stored_once(miniature, tmp_path):
    dataset = open_dataset("gtzan-mel", miniature)
    first = open_features(dataset, LogMel(), tmp_path)
    times = {path: path.stat().st_mtime_ns for path in first.path.rglob("*.npy")}
    again = open_features(dataset, LogMel(), tmp_path)
    assert {path: path.stat().st_mtime_ns for path in again.path.rglob("*.npy")} == times
    assert len(list(tmp_path.iterdir())) == 1
    open_features(dataset, LogMel(), tmp_path, dtype="uint8")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_data_set_cannot_answer_is_said(miniature, load):
    with pytest.raises(BadRecipe, match="gtzan-mel has no output 'mood'; it has genre"):
        load(Data(outputs=("genre", "mood")), gtzan_mel=miniature)
