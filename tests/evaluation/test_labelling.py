"""Labels of data sets in the words of a model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from earmark.bundle import Bundle, Member, Output, Part
from earmark.clips import Clips
from earmark.datasets import Dataset, Track, open_dataset
from earmark.datasets.gtzan import GENRES
from earmark.errors import BadDataset
from earmark.evaluation import labelling
from earmark.evaluation.labelling import answerable, meant
from earmark.features import LogMel

GENRE = Output(GENRES)
MOOD = Output(("happy", "tense", "sad", "calm"))


def labelled(dataset: Dataset, output: str, answered: Output, *parts: Part) -> list[Track]:
    """What is true for a bundle with one output, by members with these parts in it."""
    members = [
        Member(f"member-{i}", b"", LogMel(), Clips(), {output: part})
        for i, part in enumerate(parts or [Part(output)])
    ]
    bundle = Bundle(Path("x"), LogMel(), {output: answered}, tuple(members), {})
    return labelling.labelled(dataset, output, bundle)


@pytest.mark.parametrize(
    ("label", "labels", "found"),
    [
        ("Q1", MOOD.labels, "happy"),
        ("q4", MOOD.labels, "calm"),
        ("Sad", MOOD.labels, "sad"),
        ("tense", ("Q1", "Q2", "Q3", "Q4"), "Q2"),
        ("Q2", ("Q1", "Q2", "Q3", "Q4"), "Q2"),
        ("Hip-Hop", GENRES, "hiphop"),
        ("hip hop", GENRES, "hiphop"),
        ("polka", GENRES, "polka"),
        ("Q1", GENRES, "Q1"),
        ("a-b", ("ab", "a-b"), "a-b"),
    ],
)
def test_a_label_has_other_names(label, labels, found):
    assert meant(label, labels) == found


@pytest.fixture
def quadrants(miniature, tmp_path):
    """Four folders named by quadrant."""
    for i, genre in enumerate(("pop", "metal", "blues", "classical"), start=1):
        shutil.copytree(miniature / genre, tmp_path / f"Q{i}")
    return tmp_path


def test_folders_answer_whatever_is_asked(quadrants):
    dataset = open_dataset("log-mel", quadrants)
    assert {t.path.parent.name: t.labels["mood"] for t in labelled(dataset, "mood", MOOD)} == {
        "Q1": "happy",
        "Q2": "tense",
        "Q3": "sad",
        "Q4": "calm",
    }
    plain = labelled(dataset, "quadrant", Output(("Q1", "Q2", "Q3", "Q4")))
    assert all(track.labels["quadrant"] == track.path.parent.name for track in plain)


def test_folders_say_nothing_of_numbers_and_tags(quadrants):
    dataset = open_dataset("log-mel", quadrants)
    for output, answered in (
        ("valence", Output(("valence",), kind="number")),
        ("tags", Output(("happy",), kind="tags")),
    ):
        with pytest.raises(BadDataset, match=f"no track has a {output}; log-mel has genre"):
            labelled(dataset, output, answered)


class Listed(Dataset):
    """A data set of which each track has one label."""

    name = "listed"
    kind = "audio"

    def __init__(self, output: str, *labels: str) -> None:
        super().__init__(Path("listed"))
        self.outputs = (output,)
        self._labels = labels

    def tracks(self):
        (output,) = self.outputs
        return [
            Track(id=str(i), path=Path(f"{i}.wav"), labels={output: label})
            for i, label in enumerate(self._labels)
        ]


def test_a_data_set_may_have_another_name_for_the_question():
    dataset = Listed("quadrant", "Q1", "Q2", "Q2", "Q4")
    found = [dict(track.labels) for track in labelled(dataset, "mood", MOOD)]
    assert found == [
        {"quadrant": quadrant, "mood": mood}
        for quadrant, mood in (("Q1", "happy"), ("Q2", "tense"), ("Q2", "tense"), ("Q4", "calm"))
    ]
    with pytest.raises(BadDataset, match="no track has a style; listed has quadrant"):
        labelled(dataset, "style", Output(("loud", "soft")))


def test_its_own_name_for_a_question_comes_first():
    dataset = Listed("mood", "sad", "neutral", "happy")
    of_three = labelled(dataset, "valence-class", Output(("sad", "neutral", "happy")))
    assert [track.labels["valence-class"] for track in of_three] == ["sad", "neutral", "happy"]
    of_four = labelled(dataset, "mood", MOOD)  # its neutral is for the caller to refuse
    assert [track.labels["mood"] for track in of_four] == ["sad", "neutral", "happy"]


class Measured(Dataset):
    """A data set of one track that has a number."""

    name = "measured"
    kind = "audio"
    outputs = ()
    values = ("joy",)

    def tracks(self):
        return [Track(id="x", path=Path("x.wav"), values={"joy": 0.5})]


def test_numbers_are_mapped_as_the_members_map_theirs():
    dataset, number = Measured(Path("x")), Output(("valence",), kind="number")
    half = Part("joy", scale=0.5, offset=0.5)
    (track,) = labelled(dataset, "valence", number, half, replace(half, weight=3))
    assert track.values["valence"] == 0.75
    (plain,) = labelled(dataset, "joy", Output(("joy",), kind="number"))
    assert plain.values == {"joy": 0.5}
    for parts in ([Part("sorrow")], [half, Part("joy")]):
        with pytest.raises(BadDataset, match="no track has a valence; measured has joy"):
            labelled(dataset, "valence", number, *parts)


def test_tracks_whose_label_the_model_lacks_are_counted():
    tracks = labelled(Listed("genre", "pop", "electronic", "rock", "electronic"), "genre", GENRE)
    fits, others = answerable(tracks, GENRE, "genre")
    assert [track.labels["genre"] for track in fits] == ["pop", "rock"]
    assert others == {"electronic": 2}
    valence = Output(("valence",), kind="number")
    assert answerable(tracks, valence, "valence") == (tracks, {})


def test_a_question_that_the_data_set_does_not_answer_is_refused(miniature):
    dataset = open_dataset("gtzan-mel", miniature)
    with pytest.raises(BadDataset, match="no track has a mood; gtzan-mel has genre"):
        labelled(dataset, "mood", MOOD)
    assert len(labelled(dataset, "genre", GENRE)) == 40
