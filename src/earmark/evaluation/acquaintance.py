"""Which of the tracks that a model is judged on it knows: a high accuracy on those says little.

A bundle names the tracks, and their artists, that the model has learnt from, with labels or
without, and was chosen on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from earmark.datasets import Track
from earmark.splits.groups import key


@dataclass(frozen=True)
class Acquaintance:
    """How many of some tracks a model knows; each track is counted once.

    Attributes:
        n_learnt_from: tracks of the train side, by name.
        n_same_artist: others by an artist of the train side.
        n_chosen_on: others of the side on which epoch, temperature and recipe were chosen.
    """

    n_learnt_from: int = 0
    n_same_artist: int = 0
    n_chosen_on: int = 0

    def to_dict(self) -> dict[str, int]:
        """The counts, as a report's JSON has them."""
        return asdict(self)

    def warnings(self, n_tracks: int) -> list[str]:
        """What a reader of an accuracy on `n_tracks` tracks should know, a line each."""
        lines = []
        if self.n_learnt_from or self.n_same_artist:
            lines.append(
                f"going by their names, the model has learnt from {self.n_learnt_from} of these "
                f"{n_tracks} tracks, and from the artists of {self.n_same_artist} others; its "
                "accuracy on them is too high"
            )
        if self.n_chosen_on:
            lines.append(
                f"going by their names, the model was chosen on {self.n_chosen_on} of these "
                f"{n_tracks} tracks; its accuracy on them is a little too high"
            )
        return lines


def names_of(tracks: Iterable[Track]) -> dict[str, list[str]]:
    """Names of tracks and of their artists, as a bundle keeps them of each side."""
    tracks = list(tracks)
    artists = {key(track, "artist") for track in tracks} - {None}
    return {"tracks": sorted(track.id for track in tracks), "artists": sorted(map(str, artists))}


def unmet(tracks: Sequence[Track], manifest: Mapping[str, Any]) -> list[Track]:
    """The tracks that the model of a bundle has not learnt from, nor from another of their artist.

    As far as the bundle says; those that it was chosen on are among them.
    """
    learnt, artists = _met(manifest, "tracks"), _met(manifest, "artists")
    return [
        track for track in tracks if track.id not in learnt and key(track, "artist") not in artists
    ]


def _met(manifest: Mapping[str, Any], what: str) -> set[str]:
    """Names of the tracks, or of the artists, that were learnt from, with labels or without."""
    data = manifest.get("data", {})
    return {name for side in ("train", "pretraining") for name in data.get(side, {}).get(what, ())}


def acquaintance(tracks: Sequence[Track], manifest: Mapping[str, Any]) -> Acquaintance:
    """How many of the tracks the model of a bundle knows; none where the bundle does not say."""
    data = manifest.get("data", {})
    learnt, chosen = _met(manifest, "tracks"), set(data.get("valid", {}).get("tracks", ()))
    strangers = [track for track in tracks if track.id not in learnt]
    apart = unmet(tracks, manifest)
    return Acquaintance(
        n_learnt_from=len(tracks) - len(strangers),
        n_same_artist=len(strangers) - len(apart),
        n_chosen_on=sum(track.id in chosen for track in apart),
    )
