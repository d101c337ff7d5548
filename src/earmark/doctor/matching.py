"""Which of many fingerprints are of the same recording, without comparing all with all.

1. *Lookup.* All words stand in one sorted array. Each column looks up its word and the words that
   differ from it in its four weakest bits. Words that very many columns share, such as that of
   silence, say nothing and are skipped, so that the work grows little faster than the collection.
   (Of one recording in more than 64 nearly equal copies, some may hide each other.)
2. *Surroundings.* A hit stays if the 3.7 s around it differ in less than a third of their bits
   (chance: half), the test of Haitsma and Kalker (2002).
3. *Verification.* For each pair with hits left, the best line through the alignment is searched
   (speeds 0.96 to 1.04), and the correlation of the two fingerprints along all columns that they
   share is its score: 1 for equal ones, near 0 for strangers. (Their values are changes, whose
   means are 0, and are correlated as they are.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.doctor.fingerprint import (
    SECONDS_PER_COLUMN,
    WORD_BITS,
    Fingerprint,
    likely_words,
    words,
)

Indices = NDArray[np.intp]

SAME_RECORDING = 0.5
"""Score from which two tracks are taken for the same recording.

Halfway between strangers and copies: of pairs of tracks by different artists none came above 0.25,
and of copies planted to choose it none below 0.67; `benchmarks/doctor.py` shows it on others.
"""

_WEAK_BITS = 4
_COMMON = 64  # columns that share a word which says nothing any more
_COLUMNS_PER_BLOCK = 8192  # of lookups held in memory at once
_NEIGHBOURS = np.arange(-24, 25, 6)  # columns around a hit whose words must agree with it
_MOST_DIFFERENT = 0.33  # share of their bits
_OFFSETS_PER_BIN = 8  # columns; a speed of 1.02 moves 30 s by as many
_ALIGNMENTS = 3  # verified per pair
_FEWEST_COLUMNS = 75  # 5.8 s; over less, strangers may agree
_HOPELESS = 0.25  # score below which a pair is given up early
_SEARCH = (  # step and number of speeds to either side, shifts in columns, which columns
    (0.01, 4, (0.0,), 4),
    (0.005, 1, (-2.0, -1.0, 0.0, 1.0, 2.0), 1),
    (0.0025, 1, (-0.5, 0.0, 0.5), 1),
    (0.00125, 1, (-0.25, 0.0, 0.25), 1),
)


@dataclass(frozen=True)
class Match:
    """Two fingerprints that share a recording.

    Column c of the first lies at column `start + speed · c` of the second.

    Attributes:
        first: index of one of them.
        second: index of the other; above `first`.
        score: correlation along the shared columns.
        start: see above; in columns, below 0 where the second begins later.
        speed: see above; 1.02 if the first plays 2 % faster than the second.
        columns: how many they share.
    """

    first: int
    second: int
    score: float
    start: float
    speed: float
    columns: int

    @property
    def start_seconds(self) -> float:
        """Where in the second the first begins."""
        return self.start * SECONDS_PER_COLUMN

    @property
    def seconds(self) -> float:
        """How much they share."""
        return self.columns * SECONDS_PER_COLUMN


def find_matches(
    prints: Sequence[Fingerprint], *, threshold: float = SAME_RECORDING
) -> list[Match]:
    """All pairs that share a recording for at least 6 s, the surest first.

    Args:
        prints: fingerprints; empty ones match nothing.
        threshold: the lowest score that is reported.
    """
    matches = []
    for candidates in _candidates(prints).values():
        found = [match for one in candidates if (match := _verified(prints, one)) is not None]
        best = max(found, key=lambda match: match.score, default=None)
        if best is not None and best.score >= threshold:
            matches.append(best)
    return sorted(matches, key=lambda match: (-match.score, match.first, match.second))


class _Candidate(NamedTuple):
    """Two fingerprints whose words agree in a column of each, and how many hits say so."""

    votes: int
    first: int
    second: int
    first_column: int
    second_column: int

    @property
    def alignment(self) -> int:
        """How the two lie, in bins of columns."""
        return (self.second_column - self.first_column) // _OFFSETS_PER_BIN


def _candidates(prints: Sequence[Fingerprint]) -> dict[tuple[int, int], list[_Candidate]]:
    """By pair, the alignments that most hits agree on: music that repeats itself has several."""
    index = _Index(prints)
    found: dict[tuple[int, int], dict[int, _Candidate]] = {}
    for start in range(0, len(index.words), _COLUMNS_PER_BLOCK):
        columns = np.arange(start, min(start + _COLUMNS_PER_BLOCK, len(index.words)))
        for candidate in index.candidates(columns):
            alignments = found.setdefault((candidate.first, candidate.second), {})
            known = alignments.setdefault(candidate.alignment, candidate)
            alignments[candidate.alignment] = max(known, candidate)
    return {
        pair: sorted(alignments.values(), reverse=True)[:_ALIGNMENTS]
        for pair, alignments in found.items()
    }


class _Index:
    """All columns of all fingerprints, one after the other, and how to find them by word."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        lengths = np.array([len(one) for one in prints], np.intp)
        self.values = np.concatenate([*prints, np.empty((0, WORD_BITS), np.int8)])
        self.words = words(self.values)
        self.owner = np.repeat(np.arange(len(prints)), lengths)
        self.start = np.concatenate([[0], np.cumsum(lengths)])
        self._order = np.argsort(self.words, kind="stable")
        self._known, self._first, self._counts = np.unique(
            self.words[self._order], return_index=True, return_counts=True
        )

    def candidates(self, columns: Indices) -> Iterator[_Candidate]:
        """What these columns hit, one candidate for all hits that agree on an alignment."""
        here, there = self._agreeing(*self._hits(columns))
        first, second = np.minimum(here, there), np.maximum(here, there)
        pair = self.owner[first] * len(self.start) + self.owner[second]
        offset = second - first
        order = np.lexsort((offset, pair))
        pair, offset, first, second = (a[order] for a in (pair, offset, first, second))
        alignment = offset // _OFFSETS_PER_BIN
        changes = np.flatnonzero((np.diff(pair) != 0) | (np.diff(alignment) != 0)) + 1
        begin = 0
        for end in [*changes.tolist(), len(pair)]:
            if end > begin:
                middle = (begin + end) // 2  # has the median offset
                a, b = int(first[middle]), int(second[middle])
                i, j = int(self.owner[a]), int(self.owner[b])
                columns_of_each = a - int(self.start[i]), b - int(self.start[j])
                yield _Candidate(end - begin, i, j, *columns_of_each)
            begin = end

    def _hits(self, columns: Indices) -> tuple[Indices, Indices]:
        """Columns and the columns of other fingerprints that may have their words."""
        wanted = likely_words(self.values[columns], _WEAK_BITS)
        flat = wanted.ravel()
        which = np.searchsorted(self._known, flat)
        which[which == len(self._known)] = 0
        counts = np.where(self._known[which] == flat, self._counts[which], 0)
        counts[counts > _COMMON] = 0
        low = self._first[which]
        here = np.repeat(np.repeat(columns, wanted.shape[1]), counts)
        within = np.arange(len(here)) - np.repeat(np.cumsum(counts) - counts, counts)
        there = self._order[np.repeat(low, counts) + within]
        others = self.owner[here] != self.owner[there]
        return here[others], there[others]

    def _agreeing(self, here: Indices, there: Indices) -> tuple[Indices, Indices]:
        """Those hits whose surroundings agree, too."""
        reach = int(_NEIGHBOURS[-1])
        # Near an end of either track the surroundings are moved inwards.
        before = np.minimum(*(a - self.start[self.owner[a]] for a in (here, there)))
        after = np.minimum(*(self.start[self.owner[a] + 1] - 1 - a for a in (here, there)))
        shift = np.maximum(0, reach - before) - np.maximum(0, reach - after)
        fits = before + after >= 2 * reach
        here, there, shift = here[fits], there[fits], shift[fits]
        around = shift[:, None] + _NEIGHBOURS
        different = self.words[here[:, None] + around] ^ self.words[there[:, None] + around]
        bits = np.bitwise_count(different).sum(axis=1, dtype=np.intp)
        near = bits < _MOST_DIFFERENT * WORD_BITS * len(_NEIGHBOURS)
        return here[near], there[near]


def _verified(prints: Sequence[Fingerprint], candidate: _Candidate) -> Match | None:
    """The best line through a candidate's alignment; None where it shares too little or nothing."""
    a, b = (prints[i].astype(np.float32) for i in (candidate.first, candidate.second))
    best = _Line(0.0, 0, 0.0, 1.0)
    for step, steps, shifts, every in _SEARCH:
        lines = [
            (best.shift + shift, best.speed + i * step)
            for i in range(-steps, steps + 1)
            for shift in shifts
        ]
        found = [_correlation(a, b, candidate, *line, every) for line in lines]
        best = max(found, key=lambda line: line.score)
        if best.score < _HOPELESS:
            return None
    start = candidate.second_column + best.shift - best.speed * candidate.first_column
    return Match(candidate.first, candidate.second, best.score, start, best.speed, best.columns)


class _Line(NamedTuple):
    """A line through an alignment: column c₁ + x of the first lies at c₂ + shift + speed · x."""

    score: float
    columns: int
    shift: float
    speed: float


def _correlation(
    a: NDArray[np.float32],
    b: NDArray[np.float32],
    candidate: _Candidate,
    shift: float,
    speed: float,
    every: int,
) -> _Line:
    """How well two fingerprints agree along a line, judged by every n-th column."""
    column = np.arange(0, len(a), every)
    place = candidate.second_column + shift + speed * (column - candidate.first_column)
    shared = (place >= 0) & (place <= len(b) - 1)
    columns = int(shared.sum())
    if columns * every < _FEWEST_COLUMNS:
        return _Line(0.0, 0, shift, speed)
    column, place = column[shared], place[shared]
    below = np.minimum(place.astype(np.intp), len(b) - 2)
    part = (place - below).astype(np.float32)[:, None]
    x = a[column].ravel()
    y = (b[below] * (1 - part) + b[below + 1] * part).ravel()
    power = float(x @ x) * float(y @ y)
    score = float(x @ y) / power**0.5 if power else 0.0
    return _Line(score, columns * every, shift, speed)
