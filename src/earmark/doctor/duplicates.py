"""Which tracks hold the same music: with equal content, in another encoding, or in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from earmark.doctor.examination import Examination
from earmark.doctor.fingerprint import SECONDS_PER_COLUMN
from earmark.doctor.matching import Match, find_matches

_SAME_THROUGHOUT = 0.96  # score of a repetition; other takes and other choruses stay below
_ENDS_SECONDS = 0.7  # what may be missing at either end of a repetition
_SAME_SPEED = 0.005


class Likeness(StrEnum):
    """How two tracks are alike, the surest first."""

    IDENTICAL = "identical"  # sample by sample or cell by cell, whatever the container
    REPETITION = "repetition"  # the same recording from beginning to end, in another encoding
    NEAR = "near"  # a shared part, another speed, or a version that close: for a human to judge


@dataclass(frozen=True)
class Pair:
    """Two tracks that hold the same music.

    What lies at t seconds of the first lies at `start_seconds + speed · t` of the second.

    Attributes:
        first: name of one of them.
        second: name of the other.
        likeness: how they are alike.
        score: correlation of their fingerprints along what they share; 1 for identical ones.
        start_seconds: see above; below 0 where the second begins later.
        speed: see above; 1.02 if the first plays 2 % faster.
        seconds: how much they share; None where that is all.
    """

    first: str
    second: str
    likeness: Likeness
    score: float = 1.0
    start_seconds: float = 0.0
    speed: float = 1.0
    seconds: float | None = None

    def __str__(self) -> str:
        if self.likeness is Likeness.IDENTICAL:
            return f"{self.first} = {self.second}: identical content"
        if self.likeness is Likeness.REPETITION:
            return (
                f"{self.first} = {self.second}: the same recording throughout "
                f"(score {self.score:.2f})"
            )
        speed = f", speed {self.speed:.3f}" if abs(self.speed - 1) > _SAME_SPEED else ""
        return (
            f"{self.first} ~ {self.second}: {self.seconds:.1f} s in common, "
            f"{_offset(self.start_seconds)}{speed} (score {self.score:.2f})"
        )


def _offset(seconds: float) -> str:
    rounded = round(seconds, 1)
    return f"offset {rounded:+.1f} s".replace("-", "−") if rounded else "in step"


def find_pairs(examinations: Mapping[str, Examination]) -> list[Pair]:
    """All pairs of tracks that hold the same music, the surest first.

    Of tracks with identical content each is paired with the first of them, which stands for all of
    them in the comparison with others.
    """
    first: dict[str, str] = {}
    pairs = []
    for name, seen in examinations.items():
        if seen.content is None:
            continue
        if seen.content in first:
            pairs.append(Pair(first[seen.content], name, Likeness.IDENTICAL))
        else:
            first[seen.content] = name
    names = list(first.values())
    prints = [examinations[name].fingerprint for name in names]
    matches = find_matches(prints)
    found = [_pair(match, names, [len(one) for one in prints]) for match in matches]
    order = list(Likeness)
    return sorted(pairs + found, key=lambda pair: (order.index(pair.likeness), -pair.score))


def _pair(match: Match, names: list[str], lengths: list[int]) -> Pair:
    longest = max(lengths[match.first], lengths[match.second])
    throughout = (
        match.score >= _SAME_THROUGHOUT
        and abs(match.speed - 1) <= _SAME_SPEED
        and (longest - match.columns) * SECONDS_PER_COLUMN <= _ENDS_SECONDS
    )
    return Pair(
        names[match.first],
        names[match.second],
        Likeness.REPETITION if throughout else Likeness.NEAR,
        match.score,
        match.start_seconds,
        match.speed,
        match.seconds,
    )
