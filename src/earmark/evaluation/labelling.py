"""What is true of a data set's tracks, in the words of a model.

Names that differ in case or in what is no letter or digit are one, such as Hip-Hop and hiphop. The
quadrants of valence and arousal are known by number and by mood (Panda, Malheiro and Paiva 2018).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from earmark.bundle import Bundle, Output
from earmark.datasets import Dataset, Track
from earmark.datasets.folder import AudioFolder, LogMelFolder
from earmark.errors import BadDataset

_MOOD_OF = {"Q1": "happy", "Q2": "tense", "Q3": "sad", "Q4": "calm"}
_OTHER_NAME: Mapping[str, str] = {**_MOOD_OF, **{mood: name for name, mood in _MOOD_OF.items()}}


def meant(label: str, labels: Iterable[str]) -> str:
    """The one of a model's labels that a label means; itself where it means none of them."""
    labels = list(labels)
    if label in labels:
        return label
    others = {_bare(_OTHER_NAME[name]): name for name in labels if name in _OTHER_NAME}
    spelt = {_bare(name): name for name in labels}
    return (others | spelt).get(_bare(label), label)


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def labelled(dataset: Dataset, output: str, bundle: Bundle) -> list[Track]:
    """The tracks of a data set of which it is known what is true of them for a model's output.

    Of classes, the folders of a folder are labels of whatever is asked, and a data set's own name
    for the question may be another one if all its labels are the model's: quadrants-mel answers
    "mood" by its "quadrant". A label that is another name of one of the model's becomes that. Of
    numbers, the data set's become those that the model gives.

    Raises:
        BadDataset: there is none.
    """
    everything = dataset.tracks()
    answered = bundle.outputs[output]
    labels = answered.labels if answered.kind == "classes" else ()
    if answered.kind == "number":
        everything = [_mapped(track, output, bundle) for track in everything]
    asked = _asked(dataset, everything, output, labels)
    tracks = [
        _answering(track, output, asked, labels)
        for track in everything
        if asked in track.labels
        or output in track.values
        or (output == "tags" and dataset.has_tags)
    ]
    if not tracks and labels and is_folder(dataset):
        raise BadDataset(f"{dataset.folder}: one folder per {output} is expected, named by it")
    if not tracks:
        tags = ["tags"] if dataset.has_tags else []
        offered = ", ".join([*dataset.outputs, *dataset.values, *tags])
        raise BadDataset(f"{dataset.folder}: no track has a {output}; {dataset.name} has {offered}")
    return tracks


def _mapped(track: Track, output: str, bundle: Bundle) -> Track:
    """A track whose number is mapped as the model's members map what they learnt."""
    parts = [member.parts[output] for member in bundle.members if output in member.parts]
    maps = {(part.of, part.scale, part.offset) for part in parts}
    if len(maps) != 1:  # what the data call it cannot be told: taken as it is
        return track
    ((of, scale, offset),) = maps
    if of not in track.values:
        return track
    return replace(track, values={**track.values, output: scale * track.values[of] + offset})


def is_folder(dataset: Dataset) -> bool:
    """Whether its labels are names of folders, which a user may choose freely."""
    return isinstance(dataset, AudioFolder | LogMelFolder)


def _asked(dataset: Dataset, tracks: Sequence[Track], output: str, labels: Sequence[str]) -> str:
    """What a data set calls a question that is answered by one of the labels."""
    if labels and is_folder(dataset):
        return "genre"
    known = dict.fromkeys(name for track in tracks for name in track.labels)
    for name in known if labels and output not in known else ():
        used = {track.labels[name] for track in tracks if name in track.labels}
        if all(meant(label, labels) in labels for label in used):
            return name
    return output


def _answering(track: Track, output: str, asked: str, labels: Sequence[str]) -> Track:
    if asked not in track.labels:
        return track
    return replace(track, labels={**track.labels, output: meant(track.labels[asked], labels)})


def answerable(
    tracks: Sequence[Track], answered: Output, output: str
) -> tuple[list[Track], dict[str, int]]:
    """The tracks whose label is one of the model's, and how many have which other label."""
    if answered.kind != "classes":
        return list(tracks), {}
    fits = [track for track in tracks if track.labels.get(output) in answered.labels]
    others = Counter(track.labels[output] for track in tracks) - Counter(
        track.labels[output] for track in fits
    )
    return fits, dict(sorted(others.items()))
