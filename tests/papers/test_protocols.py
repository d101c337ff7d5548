"""Dividing tracks in the papers' way and without the leak."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from earmark.datasets import Dataset, Track, open_dataset
from earmark.errors import BadDataset, BadSplit
from earmark.papers.base import EVERY_WAY, PLAIN, Naive, Printed, System
from earmark.papers.protocols import few, plan, takes
from earmark.splits import leaks


def system(**changes) -> System:
    values = {
        "key": "cnn",
        "title": "CNN",
        "data": ("made-up",),
        "recipe": PLAIN,
        "naive": Naive(judged=0.2),
        "printed": (Printed(),),
    }
    return System(**(values | changes))


class MadeUp(Dataset):
    """180 tracks of three genres, five by each artist, and two that the lists leave out."""

    name = "made-up"
    kind = "audio"
    outputs = ("genre", "mood")
    values = ("valence",)
    groups = ("artist",)

    def tracks(self):
        genres = ("blues", "jazz", "pop")
        tracks = [
            Track(
                id=f"t{i:03}",
                path=Path(f"t{i:03}.wav"),
                labels={"genre": genres[i % 3]} | ({"mood": "sad"} if i % 2 else {}),
                artist=f"band {i % 36}",
                values={"valence": 0.5} if i < 90 else {},
                split="train",
            )
            for i in range(180)
        ]
        left = [("t180", "test"), ("t181", "faulty")]
        return tracks + [
            Track(id=name, path=Path(name), labels={"genre": "pop"}, artist="band 0", split=split)
            for name, split in left
        ]


MADE_UP = MadeUp(Path())


def names(places) -> list[str]:
    return [track.id for track, _ in places]


def labels(places) -> Counter[str]:
    return Counter(track.labels["genre"] for track, _ in places)


def test_without_the_leak_every_track_is_judged_once_and_no_artist_crosses():
    found = plan(system(), "leak-free", [MADE_UP])
    judged = [name for division in found.divisions for name in names(division.judged)]
    assert sorted(judged) == [f"t{i:03}" for i in range(180)]  # neither test nor faulty ones
    assert found.judged == 180
    for division in found.divisions:
        sides = {
            "train": names(division.train),
            "valid": names(division.valid),
            "test": names(division.judged),
        }
        assert sum(map(len, sides.values())) == 180
        assert not leaks(MADE_UP.tracks(), sides).found
    assert found.leaks["artist"] == 0
    assert found.leaks["album"] is None


@pytest.mark.parametrize("genres", [("blues", "jazz", "pop"), ("blues", "pop")])
def test_the_control_is_the_leak_free_way_but_for_the_artists(genres):
    taken = system(only={"genre": genres})
    free, control = (plan(taken, way, [MADE_UP]) for way in ("leak-free", "control"))
    for one, other in zip(free.divisions, control.divisions, strict=True):
        for side in ("train", "valid", "judged"):
            assert labels(getattr(one, side)) == labels(getattr(other, side))
        sides = [names(getattr(other, side)) for side in ("train", "valid", "judged")]
        assert len({name for side in sides for name in side}) == sum(map(len, sides))
    judged = [
        sorted(n for d in found.divisions for n in names(d.judged)) for found in (free, control)
    ]
    assert judged[0] == judged[1]
    assert free.judged == control.judged == 60 * len(genres)
    assert control.leaks["artist"] > 0.9 * control.judged  # five tracks per artist
    assert control.leaks["track"] == 0
    assert free.split.by == ("artist",)
    assert control.split.by == ()  # it promises nothing
    assert control.split.leaks["artist"] > 0


def test_the_inner_part_is_about_15_percent():
    for division in plan(system(), "leak-free", [MADE_UP]).divisions:
        rest = len(division.train) + len(division.valid)
        assert 0.1 < len(division.valid) / rest < 0.2


def test_the_naive_way_takes_all_tracks_and_counts_what_leaks():
    found = plan(system(), "naive", [MADE_UP])
    (division,) = found.divisions
    assert division.judged is None
    assert division.answered == division.valid
    assert len(division.train) + len(division.valid) == 182
    assert found.judged == len(division.valid) == pytest.approx(182 * 0.2, abs=1)
    assert found.leaks["artist"] == found.judged  # five tracks per artist
    assert found.leaks["track"] == 0


def test_another_data_set_joins_the_naive_way():
    class Faulty(MadeUp):
        def tracks(self):
            return [Track(id="f00", path=Path("f00"), labels={"genre": "pop"})]

    (division,) = plan(system(), "naive", [MADE_UP, Faulty(Path())]).divisions
    assert "f00" in names(division.train) + names(division.valid)


def test_slices_are_free_to_cross_in_the_naive_way_only():
    sliced = system(naive=Naive(judged=0.05, valid=0.05, slices=10))
    (division,) = plan(sliced, "naive", [MADE_UP]).divisions
    places = [division.train, division.valid, division.judged]
    assert [sum(len(numbers) for _, numbers in side) for side in places] == [1638, 91, 91]
    at = [(track.id, n) for side in places for track, numbers in side for n in numbers]
    assert len(set(at)) == 1820
    assert set(names(division.judged)) & set(names(division.train))
    found = plan(sliced, "naive", [MADE_UP])
    assert found.judged == 91
    assert found.leaks["track"] == 91
    for division in plan(sliced, "leak-free", [MADE_UP]).divisions:
        assert {numbers for _, numbers in division.train} == {None}


def test_all_systems_share_the_folds_whatever_they_take():
    whole = plan(system(), "leak-free", [MADE_UP])
    pair = plan(system(only={"genre": ("blues", "jazz")}), "leak-free", [MADE_UP])
    assert pair.split == whole.split
    for one, other in zip(whole.divisions, pair.divisions, strict=True):
        for side in ("train", "valid", "judged"):
            kept = [t.id for t, _ in getattr(one, side) if t.labels["genre"] != "pop"]
            assert names(getattr(other, side)) == kept


def test_a_system_takes_what_has_all_that_it_learns():
    tracks = MADE_UP.tracks()
    assert sum(takes(system(outputs=("genre", "mood")), track) for track in tracks) == 90
    assert sum(takes(system(outputs=("valence",)), track) for track in tracks) == 90
    with pytest.raises(BadDataset, match="holds no track that cnn takes"):
        plan(system(only={"genre": ("ska",)}), "naive", [MADE_UP])


def test_another_seed_gives_another_split():
    for way in EVERY_WAY:
        first, again = (plan(system(), way, [MADE_UP]).split for _ in range(2))
        assert first == again
        assert first != plan(system(), way, [MADE_UP], seed=1).split


def test_without_artists_there_is_no_leak_free_way():
    class Unknown(MadeUp):
        groups = ()

    with pytest.raises(BadDataset, match="knows no artists"):
        plan(system(), "leak-free", [Unknown(Path())])

    class Few(MadeUp):
        def tracks(self):
            return [t for t in super().tracks() if t.artist in ("band 0", "band 1", "band 2")]

    with pytest.raises(BadSplit, match="groups of tracks"):
        plan(system(), "leak-free", [Few(Path())])


def test_quick_takes_a_few_tracks_of_many_artists():
    chosen = few(MADE_UP.tracks()[:180], "genre")
    assert len(chosen) == 24
    for genre in ("blues", "jazz", "pop"):
        assert len({t.artist for t in chosen if t.labels["genre"] == genre}) == 8

    class Few(MadeUp):
        def tracks(self):
            return chosen

    found = plan(system(), "leak-free", [Few(Path())], quick=True)
    assert len(found.divisions) == 2
    assert found.judged == 24


def test_gtzan_is_divided_as_the_issue_says(data):
    mel, faulty = (
        open_dataset("gtzan-mel", data / name) for name in ("gtzan-mel", "gtzan-mel-faulty")
    )
    found = plan(system(), "leak-free", [mel, faulty])
    assert found.judged == 639
    assert found.leaks["artist"] == found.leaks["track"] == 0
    control = plan(system(), "control", [mel, faulty])
    assert control.judged == 639
    assert control.leaks["artist"] > 400
    for one, other in zip(found.divisions, control.divisions, strict=True):
        assert labels(one.train) == labels(other.train)
    naive = plan(system(), "naive", [mel, faulty])
    assert sum(len(side) for side in naive.split.sides.values()) == 709
    assert naive.leaks["artist"] > 60  # of 142: the leak that the papers' numbers rest on
