"""Making a split: official, balanced and grouped, or naive; the same on every platform.

**How groups are placed.** Tracks that hang together (`group_tracks`) are a group g with g_c tracks
of class c, where the class is the label of the output, or "has none". Side s wants the share σ_s of
each class; d_sc is how many tracks of c it has beyond that. The cost of a placement is

    Φ = Σ_s Σ_c d_sc² / N_c        with N_c tracks of class c in all

and, where that is equal, Σ_s (Σ_c d_sc)². Groups are taken from the largest to the smallest, equal
ones in the order of SHA-256 of (seed, name), and each goes where the cost grows least, which is
where most is lacking; that hash also settles ties. Then single groups are moved for as long as a
move lowers the cost. All sums are integers, no generator of random numbers is asked, and so every
machine and every version of Python and numpy gives the same sides.

**What is sure.** At the end no move of a group g from side a to side b helps, so that
Σ_c g_c (d_ac − d_bc) / N_c ≤ Σ_c g_c² / N_c for each of them. From this follows, with S sides:

- Where no group mixes classes, as with single tracks, |d_sc| ≤ (S − 1)/S · the largest group of
  class c: a side is never off by a whole group. (Then d_ac ≤ d_bc + g_c wherever a has a group
  of c; sum over b or over a, with Σ_s d_sc = 0.)
- In any case Φ ≤ Σ_s (1 − σ_s) Σ_{g on s} Σ_c g_c² / N_c, which for folds is what placing groups
  at random gives on average. (Multiply by σ_b, and sum over b and over all groups.)

Large groups go where much is wanted, so that an artist with many tracks is rather learnt from than
judged.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from earmark.datasets import Track
from earmark.errors import BadSplit
from earmark.splits.groups import GROUPINGS, Grouping, group_tracks, key
from earmark.splits.leaks import leaks
from earmark.splits.split import Split, fold_names

Shares = Mapping[str, float]

_PRECISION = 1 << 32  # 1 / N_c as an integer
_DENOMINATOR = 10**6  # shares are taken as fractions of up to this


def divide(
    tracks: Sequence[Track],
    shares: Shares,
    *,
    by: Sequence[Grouping] = ("artist",),
    output: str | None = "genre",
    seed: int = 0,
) -> dict[str, list[Track]]:
    """Divide tracks into sides that no group crosses and that have equal proportions of labels.

    It serves for the inside of a fold, too: give it the tracks that are learnt from.

    Args:
        tracks: what to divide, in any order.
        shares: the share of each side by its name.
        by: what tracks of a group share; those of several kinds hang together by any of them.
        output: the output whose labels are balanced; None balances numbers alone.
        seed: another seed gives other sides.

    Raises:
        BadSplit: shares do not add up to 1, no track has a label of the output or a key of a
            kind, or there are too few groups for a side.
    """
    weights = _weights(shares)
    if output is not None:
        check_output(tracks, output)
    for kind in by:
        if kind not in GROUPINGS:
            raise BadSplit(f"cannot group by {kind!r}; known: {', '.join(GROUPINGS)}")
        if not any(key(track, kind) for track in tracks):
            raise BadSplit(f"the {kind} is not known of any track; group by something else")
    groups = group_tracks(tracks, by)
    classes = {
        name: Counter(track.labels.get(output) if output else None for track in members)
        for name, members in groups.items()
    }
    where = _place(classes, weights, seed)
    return {
        side: [track for name, at in where.items() if at == side for track in groups[name]]
        for side in shares
    }


def make_split(
    dataset: str,
    tracks: Sequence[Track],
    into: Shares | int,
    *,
    by: Sequence[Grouping] = ("artist",),
    output: str | None = "genre",
    seed: int = 0,
) -> Split:
    """A split by `divide`.

    Args:
        dataset: the data set's name.
        tracks: all of its tracks.
        into: the share of each side by its name, or a number of folds.
        by: as in `divide`.
        output: as in `divide`.
        seed: as in `divide`.

    Raises:
        BadSplit: as in `divide`.
    """
    sides = divide(tracks, _shares(into), by=by, output=output, seed=seed)
    split = Split(
        dataset=dataset,
        sides={name: tuple(sorted(t.id for t in found)) for name, found in sides.items()},
        method="stratified",
        by=tuple(kind for kind in GROUPINGS if kind in by),
        shares={} if isinstance(into, int) else dict(into),
        folds=into if isinstance(into, int) else None,
        output=output,
        seed=seed,
    )
    return _with_leaks(split, tracks)


def naive_split(
    dataset: str, tracks: Sequence[Track], into: Shares | int, *, seed: int = 0, slices: int = 1
) -> Split:
    """The papers' way: at random, whatever leaks, to reproduce what they report.

    Args:
        dataset: the data set's name.
        tracks: all of its tracks.
        into: the share of each side by its name, or a number of folds.
        seed: another seed gives another split.
        slices: slices per track, which are free to cross, as in `yu2018`.

    Raises:
        BadSplit: shares do not add up to 1, or there are too few items for a side.
    """
    items = [
        track.id if slices == 1 else f"{track.id}#{number}"
        for track in tracks
        for number in range(slices)
    ]
    shares = _shares(into)
    where = _place({item: Counter({None: 1}) for item in items}, _weights(shares), seed)
    split = Split(
        dataset=dataset,
        sides={s: tuple(sorted(item for item in items if where[item] == s)) for s in shares},
        method="naive",
        shares={} if isinstance(into, int) else dict(into),
        folds=into if isinstance(into, int) else None,
        seed=seed,
        slices=slices,
    )
    return _with_leaks(split, tracks)


def official_split(dataset: str, tracks: Sequence[Track]) -> Split:
    """The data set's own sides; tracks on none of them are left out, which `Split.check` says.

    Raises:
        BadSplit: it has no sides of its own, or the tracks at hand stand on one alone.
    """
    names = {track.split for track in tracks if track.split}
    if not names:
        raise BadSplit("the data set has no sides of its own; make a split with --sides or --folds")
    if len(names) == 1:
        raise BadSplit(f"all tracks at hand stand on the official side {names.pop()!r}")
    usual = [name for name in ("train", "valid", "test") if name in names]
    sides = {
        name: tuple(sorted(track.id for track in tracks if track.split == name))
        for name in [*usual, *sorted(names - set(usual))]
    }
    return _with_leaks(Split(dataset=dataset, sides=sides, method="official"), tracks)


def check_output(tracks: Iterable[Track], output: str) -> None:
    """Make sure that some track has a label of an output.

    Raises:
        BadSplit: none has.
    """
    known = {name for track in tracks for name in track.labels}
    if output not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise BadSplit(f"no track has a label for {output!r}; known: {listed}")


def _with_leaks(split: Split, tracks: Iterable[Track]) -> Split:
    sides = {name: split.track_ids(name) for name in split.sides}
    return replace(split, leaks=leaks(tracks, sides).counts)


def _shares(into: Shares | int) -> Shares:
    if not isinstance(into, int):
        return into
    if into < 2:
        raise BadSplit(f"{into} folds: two are needed at least")
    return dict.fromkeys(fold_names(into), 1 / into)


def _weights(shares: Shares) -> dict[str, int]:
    """Shares as whole numbers in the same proportion."""
    if len(shares) < 2:
        raise BadSplit("a split needs two sides at least")
    for name, share in shares.items():
        if not re.fullmatch(r"[\w.-]+", name):
            raise BadSplit(f"{name!r} cannot name a side: letters, digits, - and _ can")
        if not 0 < share < 1:
            raise BadSplit(f"the share of {name!r} is {share}; it must lie between 0 and 1")
    total = math.fsum(shares.values())
    if abs(total - 1) > 1e-9:
        raise BadSplit(f"the shares add up to {total:.9g}, not to 1")
    fractions = [Fraction(str(share)).limit_denominator(_DENOMINATOR) for share in shares.values()]
    if not all(fractions):
        raise BadSplit(f"a share is below one in {_DENOMINATOR}")
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    return {name: int(fraction * common) for name, fraction in zip(shares, fractions, strict=True)}


Classes = Mapping[str | None, int]  # tracks of a group by class


def _place(groups: Mapping[str, Classes], weights: Mapping[str, int], seed: int) -> dict[str, str]:
    """The side of each group, as the head of this file says."""
    totals: Counter[str | None] = Counter()
    for classes in groups.values():
        totals.update(classes)
    sides = {name: _Side(totals, weight, sum(weights.values())) for name, weight in weights.items()}
    order = sorted(groups, key=lambda name: (-sum(groups[name].values()), _draw(seed, name)))
    where: dict[str, str] = {}
    for name in order:
        growth = {side: sides[side].growth(groups[name]) for side in sides}
        least = min(growth.values())
        best = [side for side in sides if growth[side] == least]
        where[name] = best[_draw(seed, name) % len(best)]
        sides[where[name]].add(groups[name], 1)
    moved = True
    while moved:  # it ends, since each move lowers the cost
        moved = False
        for name in order:
            sides[where[name]].add(groups[name], -1)
            growth = {side: sides[side].growth(groups[name]) for side in sides}
            least = min(growth.values())
            if least < growth[where[name]]:
                where[name] = next(side for side in sides if growth[side] == least)
                moved = True
            sides[where[name]].add(groups[name], 1)
    for side in sides:
        if side not in where.values():
            raise BadSplit(
                f"side {side!r} would be empty: there are {len(groups)} groups of tracks for "
                f"{len(sides)} sides; ask for fewer, or for a larger share"
            )
    return where


class _Side:
    """How far a side is beyond its share, by class; in units of 1 / (sum of weights) tracks."""

    def __init__(self, totals: Classes, weight: int, weights: int) -> None:
        self._unit = weights
        self._penalty = {name: _PRECISION // count for name, count in totals.items()}
        self._beyond = {name: -weight * count for name, count in totals.items()}
        self._beyond_in_all = sum(self._beyond.values())

    def growth(self, group: Classes) -> tuple[int, int]:
        """How much both costs grow if a group is added: (d + g)² − d² = g (2 d + g)."""
        cost, size = 0, 0
        for name, count in group.items():
            more = count * self._unit
            cost += self._penalty[name] * more * (2 * self._beyond[name] + more)
            size += more
        return cost, size * (2 * self._beyond_in_all + size)

    def add(self, group: Classes, sign: int) -> None:
        """Put a group on this side, or take it away with sign −1."""
        for name, count in group.items():
            self._beyond[name] += sign * count * self._unit
            self._beyond_in_all += sign * count * self._unit


def _draw(seed: int, name: str) -> int:
    text = f"{seed}\n{name}".encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.sha256(text).digest(), "big")
