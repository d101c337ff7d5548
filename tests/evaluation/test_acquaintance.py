"""A model's acquaintances among the judged tracks are counted once each, and said."""

from pathlib import Path

import pytest

from earmark.bundle import read_bundle
from earmark.datasets import Track, open_dataset
from earmark.evaluation.acquaintance import Acquaintance, acquaintance, names_of, unmet


def track(name: str, artist: str | None = None) -> Track:
    return Track(id=name, path=Path(name), artist=artist)


LEARNT = names_of([track("b", "Nina  Simone"), track("a", "nina simone"), track("c")])
CHOSEN = names_of([track("d", "Fela Kuti")])
MANIFEST = {"data": {"train": LEARNT, "valid": CHOSEN}}


def test_names_are_sorted_and_artists_named_once():
    assert LEARNT == {"tracks": ["a", "b", "c"], "artists": ["artist:nina simone"]}


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([track("x"), track("y", "Björk")], (0, 0, 0)),
        ([track("a", "Nina Simone"), track("c")], (2, 0, 0)),
        ([track("x", "NINA SIMONE"), track("a")], (1, 1, 0)),
        ([track("d", "Fela Kuti"), track("e", "Fela Kuti")], (0, 0, 1)),
        ([track("a"), track("d", "Nina Simone"), track("d2")], (1, 1, 0)),
        ([], (0, 0, 0)),
    ],
)
def test_each_track_is_counted_once(tracks, expected):
    assert acquaintance(tracks, MANIFEST) == Acquaintance(*expected)


def test_what_is_left_has_no_artist_of_the_train_side():
    tracks = [track("a"), track("x", "NINA SIMONE"), track("d", "Fela Kuti"), track("y")]
    assert [each.id for each in unmet(tracks, MANIFEST)] == ["d", "y"]
    assert unmet(tracks, {}) == tracks


def test_a_bundle_that_names_no_track_knows_none():
    assert acquaintance([track("a")], {}) == Acquaintance()
    assert acquaintance([track("a")], {"data": {"train": {"n_tracks": 1}}}) == Acquaintance()


def test_only_what_was_counted_is_said():
    assert Acquaintance().warnings(9) == []
    (line,) = Acquaintance(n_learnt_from=2, n_same_artist=3).warnings(9)
    assert "has learnt from 2 of these 9 tracks" in line
    assert "the artists of 3 others" in line
    (line,) = Acquaintance(n_chosen_on=4).warnings(9)
    assert "chosen on 4 of these 9 tracks" in line


def test_the_default_model_knows_the_lists_that_it_was_made_with(data):
    tracks = open_dataset("gtzan-mel", data / "gtzan-mel").tracks()
    manifest = read_bundle().manifest
    assert acquaintance(tracks, manifest) == Acquaintance(n_learnt_from=len(tracks))
