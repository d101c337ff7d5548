"""`earmark split`: what it writes, what it shows and warns of, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from earmark.datasets import open_dataset
from earmark.splits import read_split

LABORATORY = ["torch", "lightning", "scipy", "sklearn", "librosa", "pandas"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """GTZAN's layout: 40 tracks of two genres by 12 artists, four of them by nobody known.

    The images are empty: a split opens none.
    """
    folder = tmp_path_factory.mktemp("data") / "gtzan-mel"
    rows = ["track,genre,split,n_frames,artist"]
    for genre in ("jazz", "rock"):
        (folder / genre).mkdir(parents=True)
        for i in range(20):
            artist = "" if i > 17 else f"{genre} band {i % 6}"
            (folder / genre / f"{genre}.{i:05}.png").touch()
            rows.append(f"{genre}.{i:05},{genre},{'train' if i < 14 else 'valid'},1293,{artist}")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def tracks(folder):
    return open_dataset("gtzan-mel", folder).tracks()


@pytest.fixture
def split(earmark, folder, tmp_path):
    """Split that data set; gives the table, the messages and the exit code."""

    def split(*options: object, data: str = f"gtzan-mel={folder}", out: str = "split.json"):
        process = earmark("split", data, "--out", tmp_path / out, *options)
        return process.stdout, process.stderr.splitlines(), process.returncode

    return split


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "split.json"


def cells(table: str) -> dict[str, list[str]]:
    """The rows of a table by their first word."""
    return {line.split()[0]: line.split()[1:] for line in table.splitlines() if line.strip()}


def test_the_default_is_grouped_by_artist(split, out, tracks):
    table, messages, code = split()
    found = read_split(out, tracks)
    assert code == 0
    assert (found.method, found.by, found.output, found.seed) == (
        "stratified",
        ("artist",),
        "genre",
        0,
    )
    assert list(found.shares.items()) == [("train", 0.7), ("valid", 0.15), ("test", 0.15)]
    assert messages == [
        "earmark: no artist is known of 4 of 40 tracks: what two of them share cannot be seen",
        f"earmark: {out}: written",
    ]
    rows = cells(table)
    assert rows["side"] == ["tracks", "share", "artists", "jazz", "rock"]
    assert rows["all"] == ["40", "100.0%", "12", "20", "20"]
    assert rows["artist"] == ["0", "0.0%"]
    assert rows["album"] == ["not", "known"]
    for name in found.sides:
        members = found.tracks(name, tracks)
        artists = {track.artist for track in members} - {None}
        genres = [
            str(sum(t.labels["genre"] == genre for t in members)) for genre in ("jazz", "rock")
        ]
        share = f"{len(members) / 40:.1%}"
        assert rows[name] == [str(len(members)), share, str(len(artists)), *genres]


def test_the_same_again_changes_nothing_and_another_split_is_refused(split, out):
    split()
    before = out.read_bytes()
    _, messages, code = split()
    assert (messages[-1], code) == (f"earmark: {out}: was there already, the same", 0)
    table, messages, code = split("--seed", 1)
    assert (table, code, out.read_bytes()) == ("", 2, before)
    assert messages == [
        f"earmark: error: {out}: is there and says something else; take another name, or delete it"
    ]


def test_the_order_in_which_python_hashes_does_not_matter(earmark, folder, tmp_path):
    for seed in (1, 2):
        out = tmp_path / f"{seed}.json"
        options = ["--folds", 4, "--by", "artist", "--by", "track"]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        process = earmark("split", f"gtzan-mel={folder}", "--out", out, *options, env=environment)
        assert process.returncode == 0, process.stderr
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_folds(split, out, tracks):
    table, _, code = split("--folds", 4)
    found = read_split(out, tracks)
    assert (code, found.folds, list(found.sides)) == (0, 4, [f"fold-{i}" for i in range(4)])
    assert "leaks, of 40 judged tracks" in table


def test_sides_and_several_kinds(split, out, tracks):
    assert split("--sides", "a=.5, b=0.5", "--by", "track", "--by", "artist")[2] == 0
    found = read_split(out, tracks)
    assert (found.shares, found.by) == ({"a": 0.5, "b": 0.5}, ("track", "artist"))


def test_the_official_sides(split, out, tracks):
    table, messages, code = split("--official")
    assert code == 0
    assert cells(table)["valid"][0] == "12"
    assert cells(table)["artist"] == ["8", "66.7%"]
    assert messages == [
        "earmark: warning: of 12 judged tracks 8 (66.7%) have their artist on another side; "
        "results on them are too high",
        f"earmark: {out}: written",
    ]
    assert [t.id for t in read_split(out, tracks).tracks("train", tracks)] == [
        t.id for t in tracks if t.split == "train"
    ]


def test_naive_warns_and_counts(split, out, tracks):
    table, messages, code = split("--naive", "--sides", "train=0.8,test=0.2")
    found = read_split(out, tracks)
    leaking = found.leaks["artist"]
    assert code == 0
    assert leaking > 0
    assert cells(table)["artist"] == [str(leaking), f"{leaking / 8:.1%}"]
    assert messages[0] == (
        f"earmark: warning: of 8 judged tracks {leaking} ({leaking / 8:.1%}) have their artist on "
        "another side; results on them are too high"
    )


def test_slices_are_free_to_cross(split, out):
    table, messages, code = split("--naive", "--slices", 10)
    found = read_split(out)
    assert code == 0
    assert found.slices == 10
    assert sum(map(len, found.sides.values())) == 400
    assert cells(table)["side"][0] == "slices"
    assert cells(table)["track"][0] == str(found.leaks["track"])
    assert "of 120 judged slices" in messages[0]
    assert json.loads(out.read_text())["leaks"] == dict(found.leaks)


def test_a_data_set_without_artists_is_said(split, out, folder):
    _, messages, code = split(data=f"log-mel={folder}")
    assert code == 0
    assert messages[0] == (
        "earmark: warning: the data set knows no artists: grouped by track, so that an artist may "
        "stand on two sides"
    )
    assert read_split(out).by == ("track",)


def test_albums_serve_where_artists_are_not_known(split, out, tmp_path):
    table = tmp_path / "tracks.csv"
    table.write_text("path,genre,album\na.mp3,x,u\nb.mp3,x,v\nc.mp3,y,w\nd.mp3,y,w\n")
    _, messages, code = split("--folds", 2, data=f"manifest={table}")
    assert code == 0
    assert "knows no artists: grouped by album, so that an artist may stand" in messages[0]
    assert read_split(out).by == ("album",)


def test_naive_without_anything_to_count_warns_nevertheless(split, folder):
    _, messages, _ = split("--naive", data=f"log-mel={folder}")
    assert "warning: made at random, whatever leaks" in messages[0]


def test_the_output_that_most_tracks_have_is_balanced(split, out, tmp_path):
    folder = tmp_path / "quadrants-mel"
    rows = ["track,quadrant,genres,moods,artist,gtzan_split"]
    for i in range(16):
        path = folder / f"Q{i % 4 + 1}" / f"M{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        rows.append(f"M{i},Q{i % 4 + 1},{'Jazz' if i % 2 else 'Jazz; Blues'},,artist {i},")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    data = f"quadrants-mel={folder}"
    table, _, code = split("--folds", 2, data=data)
    assert (code, read_split(out).output) == (0, "quadrant")
    assert cells(table)["fold-1"] == ["8", "50.0%", "8", "2", "2", "2", "2"]
    table, _, code = split("--folds", 2, "--output", "genre", data=data, out="genre.json")
    assert code == 0
    assert "artists  jazz  no genre" in table
    assert cells(table)["fold-0"] == ["8", "50.0%", "8", "4", "4"]


def test_it_works_without_the_laboratory(earmark_without, folder, out):
    process = earmark_without(LABORATORY, "split", f"gtzan-mel={folder}", "--out", out)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--official", "--folds", 5], "--official and --folds do not go together; leave one out"),
        (["--official", "--naive"], "--official and --naive do not go together"),
        (["--official", "--sides", "a=1"], "--official and --sides do not go together"),
        (["--official", "--by", "artist"], "--official and --by do not go together"),
        (["--official", "--seed", 0], "--official and --seed do not go together"),
        (["--folds", 5, "--sides", "a=0.5,b=0.5"], "--folds and --sides do not go together"),
        (["--naive", "--by", "artist"], "--naive and --by do not go together"),
        (["--slices", 3], "--slices lets the slices of a track cross, which is --naive"),
        (["--sides", "train,test"], "--sides train,test: write NAME=SHARE,NAME=SHARE, …"),
        (["--sides", "a=half,b=0.5"], "write NAME=SHARE"),
        (["--sides", "a=0.5,a=0.5"], "names 'a' twice"),
        (["--sides", ""], "write NAME=SHARE"),
        (["--sides", "=0.5,b=0.5"], "'' cannot name a side"),
        (["--sides", "a=0.5,b=0.4"], "the shares add up to 0.9, not to 1"),
        (["--sides", "a=2,b=-1"], "the share of 'a' is 2.0; it must lie between 0 and 1"),
        (["--sides", "a=inf,b=nan"], "the share of 'a' is inf"),
        (["--folds", 17], "would be empty: there are 16 groups of tracks for 17 sides"),
        (["--by", "album"], "the album is not known of any track"),
        (["--output", "mood"], "no track has a label for 'mood'; known: genre"),
        (["--official", "--output", "mood"], "no track has a label for 'mood'"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(split, out, options, words):
    table, messages, code = split(*options)
    assert (table, code, out.exists()) == ("", 2, False)
    (line,) = messages
    assert words in line


@pytest.mark.parametrize("options", [["--by", "colour"], ["--folds", 1], ["--slices", 0]])
def test_what_no_option_offers_is_exit_2(split, options):
    assert split(*options)[2] == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [("gtzan-mel=absent", "absent: no such folder"), ("mp3=.", "unknown data set 'mp3'")],
)
def test_a_bad_data_set_is_exit_2(split, data, words):
    _, (line,), code = split(data=data)
    assert code == 2
    assert words in line


def test_a_place_that_cannot_be_written(split, tmp_path):
    (tmp_path / "file").touch()
    table, messages, code = split(out="file/split.json")
    assert (table, code) == ("", 2)
    assert "split.json: cannot be written" in messages[-1]
    assert not any(path.name.startswith(".") for path in tmp_path.iterdir())


def test_gtzan_by_artist_and_as_papers_do(earmark, data, tmp_path):
    gtzan = f"gtzan-mel={data / 'gtzan-mel'}"
    tracks = open_dataset("gtzan-mel", data / "gtzan-mel").tracks()
    honest = earmark("split", gtzan, "--folds", 5, "--out", tmp_path / "honest.json")
    naive = earmark("split", gtzan, "--folds", 5, "--naive", "--out", tmp_path / "naive.json")
    assert (honest.returncode, naive.returncode) == (0, 0)
    assert read_split(tmp_path / "honest.json", tracks).leaks["artist"] == 0
    assert read_split(tmp_path / "naive.json", tracks).leaks["artist"] > 400
    assert "no artist is known of 43 of 639 tracks" in honest.stderr
