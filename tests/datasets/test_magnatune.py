"""Magnatune's genres: spellings, votes and both layouts of its catalogue."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.magnatune import (
    GENRES,
    elect_genres,
    main_genre,
    name_key,
    read_catalogue,
    sku_key,
)
from earmark.errors import BadDataset

HEADER = (
    '"artist","trackname","albumname","tracknum","year","mp3genre","magnatunegenres","seconds",'
    '"url","buy","home","artistdesc","bandphoto","launchdate","albumsku"\n'
)


def song(artist: str, title: str, album: str, genres: str, sku: str) -> str:
    return (
        f'"{artist}","{title}","{album}","1","2009","(52)","{genres}","60","u","b","h","d","p",'
        f'"2009-10-08","{sku}"\n'
    )


@pytest.fixture
def database(tmp_path):
    """The normalized layout."""

    def make(folder=tmp_path):
        with closing(sqlite3.connect(folder / "sqlite_normalized.db")) as database:
            database.executescript(
                """
                CREATE TABLE artists (artists_id INTEGER PRIMARY KEY, name TEXT, description TEXT,
                    homepage TEXT, bio TEXT, photo TEXT);
                CREATE TABLE albums (album_id INTEGER PRIMARY KEY, artist_id INTEGER, name TEXT,
                    description TEXT, sku TEXT, upc TEXT, release_date INTEGER, popularity INTEGER,
                    itunes_buy_url TEXT);
                CREATE TABLE genres (genre_id INTEGER PRIMARY KEY, name TEXT);
                CREATE TABLE genres_albums (genre_id INTEGER, album_id INTEGER);
                INSERT INTO artists (artists_id, name) VALUES (1, 'Dr Kuch'), (2, 'Norine Braun');
                INSERT INTO albums (album_id, artist_id, name, sku) VALUES
                    (1, 1, 'We Can''t Stop Progress', 'drkuch-progress'), (2, 2, 'Zen', NULL);
                INSERT INTO genres VALUES (1, 'Ambient'), (2, 'Electronica'), (3, 'Euro-Techno');
                INSERT INTO genres_albums VALUES (3, 1), (2, 1), (1, 1), (1, 2);
                """
            )
        return folder

    return make


@pytest.mark.parametrize(
    ("words", "genre"),
    [
        ("Alternative Rock", "Alt Rock"),
        ("Alt. Rock", "Alt Rock"),
        ("AlternRock", "Alt Rock"),
        ("Electronic", "Electronica"),
        ("Hip Hop", "Hip-Hop"),
        ("NEW AGE", "New Age"),
        ("Euro-Techno, Electronica,Ambient", "Electronica"),
        ("Baroque;Classical", "Classical"),
        ("Pop", None),
        ("", None),
    ],
)
def test_spellings(words, genre):
    assert main_genre(words) == genre


@given(st.sampled_from(GENRES), st.lists(st.sampled_from(["Pop", "Baroque", "Blues", ""])))
def test_a_genre_of_the_ten_is_found_wherever_it_stands(genre, others):
    assert main_genre(",".join([*others, genre, *GENRES])) == genre


def test_the_most_frequent_genre_wins_and_in_a_tie_the_first():
    named = [("a", "Jazz"), ("a", "World"), ("a", "World"), ("b", "New Age"), ("b", "Jazz")]
    assert elect_genres([*named, ("c", "Pop")]) == {"a": "World", "b": "New Age"}


@pytest.mark.parametrize(
    "address",
    ["http://magnatune.com/artists/albums/abs-heroes/", "abs-heroes", "x/ABS-Heroes"],
)
def test_an_album_is_known_by_the_end_of_its_address(address):
    assert sku_key(address) == sku_key("abs-heroes")


def test_names_differ_in_more_than_signs_or_are_one():
    assert name_key("Dr. Kuch", "We Can't") == name_key("dr kuch", "we cant")
    assert name_key("ab", "c") != name_key("a", "bc")


def test_the_published_csv(tmp_path):
    table = HEADER + song(
        "Dr Kuch", r"The \"Grand\" Duo", "Prog", "Electronica,Euro-Techno", "dr-p"
    )
    table += song("Simon", "Folk song", "Folk", "Folk", "simon-folk")
    table += '"a row","that","broke off"\n'
    (tmp_path / "song_info.csv").write_text(table, encoding="utf-8")
    catalogue = read_catalogue(tmp_path)
    assert catalogue.genres == {
        sku_key("dr-p"): "Electronica",
        name_key("Dr Kuch", "Prog"): "Electronica",
    }
    assert catalogue.damaged == 1


def test_the_published_database(database):
    catalogue = read_catalogue(database())
    assert catalogue.genres == {
        sku_key("drkuch-progress"): "Electronica",
        name_key("Dr Kuch", "We Can't Stop Progress"): "Electronica",
        name_key("Norine Braun", "Zen"): "Ambient",
    }
    assert catalogue.damaged == 0


def test_the_database_is_only_read(database, tmp_path):
    path = database() / "sqlite_normalized.db"
    before = path.read_bytes()
    path.chmod(0o444)
    read_catalogue(tmp_path)
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_folder_whose_name_has_signs_of_addresses(database, tmp_path):
    folder = tmp_path / "100% #1? a"
    folder.mkdir()
    assert read_catalogue(database(folder)).genres


def test_no_catalogue(tmp_path):
    assert read_catalogue(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"no database, though long enough to look at" * 40])
def test_something_else_is_refused(tmp_path, content):
    (tmp_path / "sqlite_normalized.db").write_bytes(content)
    with pytest.raises(BadDataset, match=r"sqlite_normalized\.db: is not Magnatune's catalogue: "):
        read_catalogue(tmp_path)


def test_emotifys_words_are_all_known(data):
    with (data / "emotify" / "labels.csv").open(encoding="utf-8", newline="") as file:
        words = {row["magnatune_genre"] for row in csv.DictReader(file)}
    assert {main_genre(word) for word in words} <= set(GENRES)
