"""GTZAN as audio, pictures and log-mel images: artists, sides and faults come from its tables."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from earmark.datasets.gtzan import GENRES, GtzanAudio, GtzanImages, GtzanMel
from earmark.errors import BadDataset
from earmark.splits import check_disjoint, side


@pytest.fixture
def folder(miniature, tmp_path):
    return shutil.copytree(miniature, tmp_path / "gtzan-mel")


def test_tracks_have_split_and_artist(miniature):
    tracks = GtzanMel(miniature).tracks()
    assert Counter(track.split for track in tracks) == {"train": 30, "valid": 10}
    assert {track.labels["genre"] for track in tracks} == set(GENRES)
    assert (tracks[3].id, tracks[3].artist) == ("blues.00003", "blues band 3")


def test_the_table_may_lie_beside_the_folder(folder):
    (folder.parent / "gtzan-meta").mkdir()
    shutil.move(folder / "tracks.csv", folder.parent / "gtzan-meta")
    assert len(GtzanMel(folder).tracks()) == 40


def test_without_a_table_it_says_what_to_do(folder):
    (folder / "tracks.csv").unlink()
    with pytest.raises(BadDataset, match=r"tracks\.csv is neither.*--data log-mel=DIR"):
        GtzanMel(folder).tracks()


def test_a_missing_image_is_named_and_left_out(folder, no_committed_index):
    (folder / "jazz" / "jazz.00003.png").unlink()
    assert len(GtzanMel(folder).tracks()) == 39
    assert list(GtzanMel(folder).validate()) == [f"{folder / 'jazz' / 'jazz.00003.png'}: missing"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("track,genre,split\na,b,c\n", "no column artist"),
        ("", "no column track, genre, split, artist"),
        ("track,genre,split,artist\nblues.00000,blues,train,x\nblues.0\n", "too few cells"),
        ("track,genre,split,artist\n", "holds none of GTZAN's files"),
        ("track,genre,split,artist\nx,blues,train,x\n", "holds none of GTZAN's files"),
        ("track,genre,split,artist\n\xff,blues,train,x\n", "cannot be read"),
    ],
)
def test_a_bad_table_is_refused(folder, table, words):
    (folder / "tracks.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(BadDataset, match=words):
        GtzanMel(folder).tracks()


def test_the_real_lists_are_whole_and_free_of_leaks(data):
    dataset = GtzanMel(data / "gtzan-mel")
    train, valid = (side(dataset.tracks(), name) for name in ("train", "valid"))
    assert (len(train), len(valid)) == (442, 197)
    check_disjoint({"train": train, "valid": valid})
    for name, tracks in (("train", train), ("valid", valid)):
        listed = (data / "gtzan-meta" / f"{name}_filtered.txt").read_text().split()
        assert {track.id for track in tracks} == set(listed) - {"jazz.00054"}
    assert list(dataset.validate()) == []


LISTS = {"train": "blues.00000", "valid": "blues/blues.00001.wav", "test": "pop.00054.au"}


@pytest.fixture
def whole(tmp_path):
    """All 1000 names as genres.tar.gz holds them, with tracks.csv and repetitions.csv."""
    rows = ["track,genre,split,artist"]
    for genre in GENRES:
        (tmp_path / "genres" / genre).mkdir(parents=True)
        for i in range(100):
            (tmp_path / "genres" / genre / f"{genre}.{i:05}.au").touch()
            name = ("train", "valid", "test", "faulty")[i % 4]
            rows.append(f"{genre}.{i:05},{genre},{name},{genre} band {i}")
    (tmp_path / "tracks.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "repetitions.csv").write_text("track,same_as\npop.00003,pop.00004\n")
    return tmp_path


def lines(dataset) -> list[str]:
    return list(dataset.validate())


def test_audio_has_artist_side_and_faults(whole):
    tracks = {track.id: track for track in GtzanAudio(whole).tracks()}
    assert len(tracks) == 1000
    assert (tracks["pop.00002"].artist, tracks["pop.00002"].split) == ("pop band 2", "test")
    assert tracks["pop.00002"].faults == ()
    assert tracks["jazz.00054"].faults == ("unreadable in common copies",)
    assert tracks["pop.00003"].faults == ("an exact repetition of pop.00004",)
    assert tracks["pop.00004"].faults == ("an exact repetition of pop.00003",)
    (fault,) = tracks["pop.00007"].faults
    assert "fault filter" in fault


@pytest.mark.parametrize("suffix", [".wav", ".au", ".flac", ".mp3", ".ogg", ".opus", ".m4a"])
def test_audio_may_have_any_suffix_and_lie_in_the_folder(tmp_path, suffix):
    (tmp_path / "jazz").mkdir()
    (tmp_path / "jazz" / f"jazz.00001{suffix}").write_bytes(b"")
    (tmp_path / "jazz" / "jazz.00001.txt").write_bytes(b"")
    (track,) = GtzanAudio(tmp_path).tracks()
    assert (track.id, track.labels, track.artist) == ("jazz.00001", {"genre": "jazz"}, None)
    missing = lines(GtzanAudio(tmp_path))
    assert len(missing) == 10
    assert missing[0] == (
        f"{tmp_path / 'blues'}: 100 files are missing, the first of them blues.00000{suffix}"
    )
    # All but itself and the one that copies may lack.
    assert missing[5].startswith(f"{tmp_path / 'jazz'}: 98 files are missing")


def test_the_unreadable_track_may_be_absent(whole):
    (whole / "genres" / "jazz" / "jazz.00054.au").unlink()
    assert lines(GtzanAudio(whole)) == []


def test_a_second_file_of_a_track_and_a_stranger_are_named(whole):
    jazz = whole / "genres" / "jazz"
    for name in ("jazz.00001.wav", "mine.wav"):
        (jazz / name).write_bytes(b"")
    assert lines(GtzanAudio(whole)) == [
        f"{jazz / 'jazz.00001.wav'}: is no track of gtzan",
        f"{jazz / 'mine.wav'}: is no track of gtzan",
    ]


def test_without_tracks_csv_the_lists_give_the_sides(whole):
    (whole / "tracks.csv").unlink()
    for name, track in LISTS.items():
        (whole / f"{name}_filtered.txt").write_text(f"{track}\n")
    dataset = GtzanAudio(whole)
    sides = {track.id: track.split for track in dataset.tracks()}
    assert sides["blues.00000"] == "train"
    assert sides["blues.00001"] == "valid"
    assert sides["pop.00054"] == "test"
    assert sides["pop.00055"] == "faulty"
    (note,) = dataset.notes()
    assert "no artist is known" in note
    assert lines(dataset) == []


def test_without_any_table_it_says_what_is_lost(whole):
    (whole / "tracks.csv").unlink()
    dataset = GtzanAudio(whole)
    assert {(track.artist, track.split) for track in dataset.tracks()} == {(None, None)}
    artist, side = dataset.notes()
    assert "no artist is known" in artist
    assert "no official side is known" in side


@pytest.mark.parametrize(("content", "words"), [(b"x.00001", "no track"), (b"\xff", "not a text")])
def test_a_bad_list_is_refused(whole, content, words):
    (whole / "tracks.csv").unlink()
    for name in LISTS:
        (whole / f"{name}_filtered.txt").write_bytes(content)
    with pytest.raises(BadDataset, match=rf"train_filtered\.txt: .*{words}"):
        GtzanAudio(whole).tracks()


def test_a_part_that_lists_itself_is_whole_if_all_that_it_lists_is_there(tmp_path):
    (tmp_path / "pop").mkdir()
    (tmp_path / "pop" / "pop.00001.m4a").write_bytes(b"")
    index = tmp_path / "index.csv"
    index.write_text("path,track\npop/pop.00001.m4a,pop.00001\n")
    assert lines(GtzanAudio(tmp_path)) == []
    assert "a part of GTZAN: index.csv lists 1" in GtzanAudio(tmp_path).notes()[0]
    index.write_text("path,track\npop/pop.00001.m4a,pop.00001\npop/pop.00002.ogg,pop.00002\n")
    assert lines(GtzanAudio(tmp_path)) == [f"{tmp_path / 'pop' / 'pop.00002.ogg'}: missing"]


def test_pictures_are_named_without_the_dot(tmp_path):
    root = tmp_path / "images_original"
    for genre in GENRES:
        (root / genre).mkdir(parents=True)
        for i in range(100):
            (root / genre / f"{genre}{i:05}.png").touch()
    (root / "jazz" / "jazz00054.png").unlink()
    dataset = GtzanImages(tmp_path)
    assert len(dataset.tracks()) == 999
    assert (dataset.tracks()[0].id, dataset.tracks()[0].split) == ("blues.00000", None)
    assert lines(dataset) == []
    (root / "rock" / "rock00099.png").unlink()
    assert lines(dataset) == [
        f"{root / 'rock' / 'rock00099.png'}: missing",
        "genre rock: 99 tracks; 100 were published",
    ]
    assert dataset.kind == "image"


def test_two_folders_of_images_may_be_opened_as_one(folder, no_committed_index, monkeypatch):
    faulty = folder.parent / "gtzan-mel-faulty" / "pop"
    faulty.mkdir(parents=True)
    shutil.move(folder / "pop" / "pop.00002.png", faulty)
    table = folder / "tracks.csv"
    table.write_text(table.read_text().replace("pop.00002,pop,train", "pop.00002,pop,faulty"))
    (folder.parent / "gtzan-meta").mkdir()
    shutil.move(table, folder.parent / "gtzan-meta")
    assert len(GtzanMel(folder).tracks()) == 39
    assert [track.split for track in GtzanMel(faulty.parent).tracks()] == ["faulty"]
    both = GtzanMel(folder.parent)
    assert len(both.tracks()) == 40
    assert lines(both) == lines(GtzanMel(folder)) == lines(GtzanMel(faulty.parent)) == []
    index = both.make_index()
    assert "gtzan-mel-faulty/pop/pop.00002.png" in index
    # The committed index is of both; each folder is checked by its part of it.
    monkeypatch.setattr("earmark.datasets.base.committed_index", lambda name: index)
    sizes = [len(GtzanMel(place).index()) for place in (folder, faulty.parent, folder.parent)]
    assert sizes == [39, 1, 41]  # with the table
    assert lines(both) == lines(GtzanMel(folder)) == lines(GtzanMel(faulty.parent)) == []
    shutil.rmtree(faulty.parent)
    assert lines(both) == []
    gone = folder / "rock" / "rock.00000.png"
    gone.unlink()
    assert lines(both) == lines(GtzanMel(folder)) == [f"{gone}: missing"]


def test_a_list_of_which_nothing_is_there_is_missing(folder, no_committed_index):
    for genre in GENRES:
        (folder / genre / f"{genre}.00003.png").unlink()
    assert len(lines(GtzanMel(folder))) == 10


def test_the_real_recordings_are_a_part_with_artists_and_sides(data):
    dataset = GtzanAudio(data / "gtzan-audio")
    tracks = dataset.tracks()
    assert Counter(track.split for track in tracks) == {"train": 38, "valid": 51}
    assert sum(track.artist is not None for track in tracks) == 85
    assert lines(dataset) == []


def test_the_real_images_that_the_filter_leaves_out_are_all_known_as_faulty(data):
    tracks = GtzanMel(data / "gtzan-mel-faulty").tracks()
    assert {track.split for track in tracks} == {"faulty"}
    assert all(track.faults for track in tracks)
    both = GtzanMel(data)
    assert len(both.tracks()) == 709
    assert sum(
        any("exact repetition" in fault for fault in track.faults) for track in both.tracks()
    ) == len({t for row in _repetitions(data) for t in row} & {t.id for t in both.tracks()})


def _repetitions(data):
    text = (data / "gtzan-meta" / "repetitions.csv").read_text()
    return [line.split(",")[:2] for line in text.splitlines()[1:]]


def test_up_to_twenty_missing_files_are_named_one_by_one(whole):
    rock = whole / "genres" / "rock"
    for i in range(20):
        (rock / f"rock.{i:05}.au").unlink()
    assert lines(GtzanAudio(whole)) == [f"{rock / f'rock.{i:05}.au'}: missing" for i in range(20)]
    (rock / "rock.00099.au").unlink()
    assert lines(GtzanAudio(whole)) == [
        f"{rock}: 21 files are missing, the first of them rock.00000.au"
    ]
