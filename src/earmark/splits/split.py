"""A split: which track stands on which side, how that was made, and the file that says so.

The file is JSON, made to be shared and looked at. Its names are sorted, so that equal splits are
equal files, and it carries two kinds of SHA-256: of each side, over its sorted names joined by line
feeds, and of the whole, over all but "sha256" itself as JSON with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from earmark.datasets import Track
from earmark.errors import BadSplit
from earmark.splits.groups import GROUPINGS, Grouping
from earmark.splits.leaks import leaks
from earmark.splits.lists import names_checksum

FORMAT = "earmark split"
VERSION = 1
AGAIN = "fetch it again, or make it anew with `earmark split`"

Method = Literal["official", "stratified", "naive"]


@dataclass(frozen=True)
class Split:
    """A partition of a data set: every item stands on exactly one side.

    An item is a track's name or, in a naive split into slices, "TRACK#K": slice K of N is what
    lies between K/N and (K+1)/N of the track.

    Attributes:
        dataset: the data set's name.
        sides: the sorted items of each side.
        method: the data set's own sides, balanced and free to be grouped, or the papers' way.
        by: what does not stand on two sides; empty if nothing was asked for.
        shares: the wanted share of each side; empty for official sides and for folds.
        folds: number of folds, called fold-0, fold-1, …; None where there are none.
        output: the output whose labels are balanced, if any.
        seed: another seed gives another split; None for official sides.
        slices: slices per track.
        leaks: by kind, how many judged items had their like on another side when the split was
            made; None for what the data set does not know.

    Raises:
        BadSplit: a side is empty, or an item stands on two or twice on one.
    """

    dataset: str
    sides: Mapping[str, tuple[str, ...]]
    method: Method
    by: tuple[Grouping, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    folds: int | None = None
    output: str | None = None
    seed: int | None = None
    slices: int = 1
    leaks: Mapping[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.sides) < 2:
            raise BadSplit("a split needs two sides at least")
        for name, items in self.sides.items():
            if not items:
                raise BadSplit(f"side {name!r} is empty")
        if self.folds and list(self.sides) != fold_names(self.folds):
            raise BadSplit(f"its sides are not {self.folds} folds")
        item, times = Counter(i for items in self.sides.values() for i in items).most_common(1)[0]
        if times > 1:
            raise BadSplit(f"{item!r} stands on it {times} times")
        if self.slices > 1:
            self._check_slices()

    def _check_slices(self) -> None:
        found: Counter[str] = Counter()
        numbers = {str(number) for number in range(self.slices)}
        for item in (item for items in self.sides.values() for item in items):
            track, _, number = item.rpartition("#")
            if not track or number not in numbers:
                raise BadSplit(f"{item!r} is not TRACK#0 … TRACK#{self.slices - 1}")
            found[track] += 1
        for track, count in found.items():
            if count != self.slices:
                raise BadSplit(f"{track!r} has {count} of {self.slices} slices")

    def items(self, side: str) -> list[tuple[str, int]]:
        """Track and number of the slice of each item of a side; number 0 where tracks are whole.

        Raises:
            BadSplit: there is no such side.
        """
        if side not in self.sides:
            raise BadSplit(f"has no side {side!r}; it has {', '.join(self.sides)}")
        if self.slices == 1:
            return [(item, 0) for item in self.sides[side]]
        parts = [item.rpartition("#") for item in self.sides[side]]
        return [(track, int(number)) for track, _, number in parts]

    def track_ids(self, side: str) -> list[str]:
        """The track of each item of a side; once for every slice, where tracks are cut.

        Raises:
            BadSplit: there is no such side.
        """
        return [track for track, _ in self.items(side)]

    def tracks(self, side: str, tracks: Iterable[Track]) -> list[Track]:
        """The tracks on a side, in the order in which they are given.

        Raises:
            BadSplit: there is no such side, or the items are slices and not tracks.
        """
        if self.slices > 1:
            raise BadSplit(
                f"its items are {self.slices} slices per track, which no whole track stands for; "
                "make a split without --slices"
            )
        wanted = set(self.track_ids(side))
        return [track for track in tracks if track.id in wanted]

    def fold(self, number: int) -> tuple[list[str], list[str]]:
        """The items that are learnt from and those that are judged, where fold `number` is judged.

        Raises:
            BadSplit: the sides are not folds, or there are not that many.
        """
        if self.folds is None or not 0 <= number < self.folds:
            has = "no folds" if self.folds is None else f"folds 0 to {self.folds - 1}"
            raise BadSplit(f"has no fold {number}: it has {has}")
        judged = f"fold-{number}"
        learnt = [i for name, items in self.sides.items() if name != judged for i in items]
        return sorted(learnt), list(self.sides[judged])

    def check(self, tracks: Iterable[Track]) -> list[str]:
        """Hold the split to a data set: that its tracks are there, and that no group crosses.

        Groups are found again in the data set's own artists, albums and recordings; what the file
        says of itself is not trusted.

        Returns:
            What is doubtful and yet no reason to refuse the split, a line each.

        Raises:
            BadSplit: a track is not in the data set, or what the split says to keep together
                stands on two sides.
        """
        tracks = list(tracks)
        sides = {name: self.track_ids(name) for name in self.sides}
        named = {track for names in sides.values() for track in names}
        present = {track.id for track in tracks}
        if absent := sorted(named - present):
            raise BadSplit(
                f"names {_first(absent)} that the data set lacks; "
                "is the data set whole, and the one that was split?"
            )
        for leak in leaks(tracks, sides).found:
            if leak.kind in self.by:
                raise BadSplit(
                    f"says that no {leak.kind} stands on two sides, but {leak.key} stands on "
                    f"{' and '.join(leak.sides)}; make it anew with `earmark split`"
                )
        if unused := sorted(present - named):
            return [f"leaves out {_first(unused)} of the data set's tracks"]
        return []

    def to_dict(self) -> dict[str, Any]:
        """What the file says, checksums included."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "dataset": self.dataset,
            "made": {
                "method": self.method,
                "by": list(self.by),
                "shares": dict(self.shares),
                "folds": self.folds,
                "output": self.output,
                "seed": self.seed,
                "slices": self.slices,
            },
            "leaks": dict(self.leaks),
            "sides": {
                name: {"count": len(items), "sha256": names_checksum(items), "items": sorted(items)}
                for name, items in self.sides.items()
            },
        }
        return {**content, "sha256": _checksum(content)}


def fold_names(folds: int) -> list[str]:
    """What the sides are called where there are folds."""
    return [f"fold-{number}" for number in range(folds)]


def read_split(path: Path, tracks: Iterable[Track] | None = None) -> Split:
    """Read a split and verify its checksums and, where tracks are given, hold it to them.

    `Split.check` also says what is doubtful; call it for that.

    Raises:
        BadSplit: the file cannot be read, is no split or a later version's, was changed, or does
            not fit the tracks.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSplit(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadSplit(f"{path}: not a split: no JSON; {AGAIN}") from error
    try:
        split = _from_dict(content)
        if tracks is not None:
            split.check(tracks)
    except BadSplit as error:
        raise BadSplit(f"{path}: {error}") from error
    return split


def write_split(split: Split, path: Path) -> bool:
    """Write a split, whole or not at all.

    A split is shared, and results name it: another one in its place is never overwritten, while
    writing the same again changes nothing.

    Returns:
        False if the same was there already.

    Raises:
        BadSplit: another file is there, or it cannot be written.
    """
    text = json.dumps(split.to_dict(), indent=2, ensure_ascii=False) + "\n"
    # Half characters of odd file names become \udcff, which is how JSON writes them.
    data = text.encode("utf-8", "backslashreplace")
    try:
        if os.path.lexists(path):
            if path.read_bytes() != data:
                raise BadSplit(
                    f"{path}: is there and says something else; take another name, or delete it"
                )
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            scratch.write_bytes(data)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise BadSplit(f"{path}: cannot be written: {error.strerror}") from error
    return True


def _from_dict(content: Any) -> Split:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadSplit("not a split; `earmark split` writes one")
    if content.get("version") != VERSION:
        raise BadSplit(
            f"version {content.get('version')} of splits; this Earmark reads {VERSION}: update it"
        )
    try:
        made = content["made"]
        sides = {name: tuple(sorted(said["items"])) for name, said in content["sides"].items()}
        for name, items in sides.items():
            if content["sides"][name]["sha256"] != names_checksum(items):
                raise BadSplit(f"side {name!r} was changed since it was written; {AGAIN}")
        if content["sha256"] != _checksum({k: v for k, v in content.items() if k != "sha256"}):
            raise BadSplit(f"was changed since it was written; {AGAIN}")
        if made["method"] not in get_args(Method) or not set(made["by"]) <= set(GROUPINGS):
            raise BadSplit(f"made in a way that is not known; {AGAIN}")
        return Split(
            dataset=content["dataset"],
            sides=sides,
            leaks=content["leaks"],
            **{**made, "by": tuple(made["by"])},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSplit(f"not a whole split: {AGAIN}") from error


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _first(names: list[str]) -> str:
    return f"{names[0]!r}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
