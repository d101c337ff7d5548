"""`earmark split`: make a split, write it, and show what stands where and what leaks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from earmark.cli.formats import GroupBy
from earmark.cli.messages import printable, say, styled
from earmark.datasets import Track, open_dataset, parse_data_option
from earmark.errors import BadSplit
from earmark.splits import (
    Split,
    judged_sides,
    make_split,
    naive_split,
    official_split,
    write_split,
)
from earmark.splits.groups import GROUPINGS, Grouping, key
from earmark.splits.making import check_output

_SIDES = "train=0.7,valid=0.15,test=0.15"


def run(
    dataset: str,
    *,
    out: Path,
    by: Sequence[GroupBy],
    sides: str | None,
    folds: int | None,
    official: bool,
    output: str | None,
    seed: int | None,
    naive: bool,
    slices: int,
) -> None:
    """Make and write the split; the table goes to stdout, what to know of it to stderr."""
    asked = {
        "--official": official,
        "--naive": naive,
        "--by": bool(by),
        "--sides": sides is not None,
        "--folds": folds is not None,
        "--seed": seed is not None,
        "--slices": slices > 1,
    }
    _check_together([option for option, given in asked.items() if given])
    name, folder = parse_data_option(dataset)
    tracks = open_dataset(name, folder).tracks()
    into = folds or parse_sides(_SIDES if sides is None else sides)
    if output is None:
        output = _commonest_output(tracks)
    else:
        check_output(tracks, output)
    if official:
        split = official_split(name, tracks)
    elif naive:
        split = naive_split(name, tracks, into, seed=seed or 0, slices=slices)
    else:
        kinds: list[Grouping] = [kind.value for kind in by] or _default_groups(tracks)
        split = make_split(name, tracks, into, by=kinds, output=output, seed=seed or 0)
    written = write_split(split, out)
    sys.stdout.write(as_table(split, tracks, output))
    for line in [*split.check(tracks), *_unknown(split, tracks)]:
        say(line)
    if warning := leak_warning(split):
        say(f"{styled('warning:', 'yellow', sys.stderr)} {warning}")
    say(f"{out}: written" if written else f"{out}: was there already, the same")


_EXCLUSIVE = {
    "--official": ("--naive", "--by", "--sides", "--folds", "--seed", "--slices"),
    "--naive": ("--by",),
    "--folds": ("--sides",),
}


def _check_together(options: list[str]) -> None:
    for one, others in _EXCLUSIVE.items():
        for other in others:
            if one in options and other in options:
                raise BadSplit(f"{one} and {other} do not go together; leave one out")
    if "--slices" in options and "--naive" not in options:
        raise BadSplit(
            "--slices lets the slices of a track cross, which is --naive; an honest split is of "
            "whole tracks, to be cut afterwards"
        )


def parse_sides(text: str) -> dict[str, float]:
    """Shares by name from "train=0.8,test=0.2".

    Raises:
        BadSplit: it has another form.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = (word.strip() for word in part.partition("="))
        if name in shares:
            raise BadSplit(f"--sides {text}: names {name!r} twice")
        try:
            shares[name] = float(share)
        except ValueError as error:
            raise BadSplit(f"--sides {text}: write NAME=SHARE,NAME=SHARE, …") from error
    return shares


def _commonest_output(tracks: Sequence[Track]) -> str | None:
    found = Counter(output for track in tracks for output in track.labels)
    return max(found, key=lambda output: (found[output], output == "genre"), default=None)


def _default_groups(tracks: Sequence[Track]) -> list[Grouping]:
    """The widest kind that the data set knows; anything but the artist is said."""
    known: list[Grouping] = [
        kind for kind in GROUPINGS if any(key(track, kind) for track in tracks)
    ]
    widest = known[-1]  # any data set has tracks, and so knows this kind at least
    if widest != "artist":
        say(
            f"{styled('warning:', 'yellow', sys.stderr)} the data set knows no artists: grouped by "
            f"{widest}, so that an artist may stand on two sides"
        )
    return [widest]


def _unknown(split: Split, tracks: Sequence[Track]) -> list[str]:
    """How many tracks lack what the split is grouped by, and so stand for themselves."""
    lines = []
    for kind in split.by:
        lacking = sum(key(track, kind) is None for track in tracks)
        if lacking:
            lines.append(
                f"no {kind} is known of {lacking} of {len(tracks)} tracks: what two of them share "
                "cannot be seen"
            )
    return lines


def leak_warning(split: Split) -> str | None:
    """What to know before a result on this split is believed; None if it is free of leaks."""
    judged, items = _judged(split)
    counts = [
        f"{count} ({count / judged:.1%}) have their {kind} on another side"
        for kind, count in split.leaks.items()
        if count
    ]
    if counts:
        return f"of {judged} judged {items} {', '.join(counts)}; results on them are too high"
    if split.method == "naive":
        return "made at random, whatever leaks; no leak was seen among what the data set knows"
    return None


def _judged(split: Split) -> tuple[int, str]:
    number = sum(len(split.sides[name]) for name in judged_sides(split.sides))
    return number, "tracks" if split.slices == 1 else "slices"


def as_table(split: Split, tracks: Sequence[Track], output: str | None) -> str:
    """Items, artists and labels of each side, and the leaks, as text."""
    by_id = {track.id: track for track in tracks}
    sides = [(name, [by_id[i] for i in split.track_ids(name)]) for name in split.sides]
    everything = [track for _, members in sides for track in members]
    classes = {_class(track, output) for track in everything}
    columns = sorted(classes, key=lambda name: (name is None, name or ""))
    judged, items = _judged(split)
    heads = [printable(name or f"no {output or 'label'}") for name in columns]
    rows = [["side", items, "share", "artists", *heads]]
    for name, members in [*sides, ("all", everything)]:
        artists = {key(track, "artist") for track in members} - {None}
        counts = Counter(_class(track, output) for track in members)
        share = f"{len(members) / len(everything):.1%}"
        cells = [len(members), share, len(artists) or "–", *(counts[c] or "·" for c in columns)]
        rows.append([printable(name), *map(str, cells)])
    leaks = [
        [f"  {kind}", *(["not known"] if count is None else [str(count), f"{count / judged:.1%}"])]
        for kind, count in split.leaks.items()
    ]
    return "\n".join(
        [*_aligned(rows), "", f"leaks, of {judged} judged {items}", *_aligned(leaks), ""]
    )


def _class(track: Track, output: str | None) -> str | None:
    return track.labels.get(output) if output else None


def _aligned(rows: list[list[str]]) -> list[str]:
    """Rows with the first column to the left and the others to the right, two blanks apart."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    return [
        "  ".join(
            f"{cell:{width}}" if i == 0 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        for row in rows
    ]
