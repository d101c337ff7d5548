"""`earmark datasets`: what there is, what each offers, and whether a copy is whole."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from earmark.cli.messages import printable, say, styled
from earmark.datasets import DATASETS, Dataset, Track, find_dataset, open_dataset
from earmark.datasets.index import committed_index, read_index, write_index
from earmark.errors import BadDataset

_SHOWN_LABELS = 20
_SHOWN_FAULTS = 12


def run(
    name: str | None,
    folder: Path | None,
    *,
    index_path: Path | None,
    new_index: Path | None,
    gather: bool = False,
) -> None:
    """List, show, index or validate, and end the process with the exit code."""
    if folder is None and (index_path or new_index):
        raise BadDataset("an index is of a copy: earmark datasets NAME DIR --index FILE.csv")
    if index_path and new_index:
        raise BadDataset("--index reads an index and --write-index writes one: give one of them")
    if gather:
        if name is None or folder is None:
            raise BadDataset("--gather is for a copy: earmark datasets NAME DIR --gather")
        say(open_dataset(name, folder).gather())
    if name is None:
        _print(_overview())
    elif folder is None:
        _print(_in_full(find_dataset(name)))
    elif new_index is not None:
        index = open_dataset(name, folder).make_index()
        write_index(index, new_index)
        say(f"{new_index}: size and checksum of {_count(len(index), 'file')}")
    else:
        _validate(open_dataset(name, folder), index_path)


def _validate(dataset: Dataset, index_path: Path | None) -> None:
    index = dataset.index() if index_path is None else read_index(index_path)
    tracks = dataset.tracks()
    problems = 0
    for problem in dataset.validate(index):
        problems += 1
        sys.stdout.write(f"{printable(problem)}\n")
        sys.stdout.flush()  # checksums of large copies take minutes
    if problems:
        sys.stdout.write("\n")
    checked = "no index, so contents are unchecked; --write-index makes one"
    if index is not None:
        checked = f"{_count(len(index), 'file')} with size and checksum"
    verdict = f"{_count(problems, 'line')} above" if problems else "nothing is missing or doubtful"
    _print(_entries([*_summary(dataset, tracks), ("index", checked), ("verdict", verdict)]))
    sys.exit(1 if problems else 0)


def _summary(dataset: Dataset, tracks: Sequence[Track]) -> Iterator[tuple[str, str]]:
    """Counts of what a copy holds."""
    yield "data set", f"{dataset.name} in {dataset.folder}"
    yield "tracks", f"{len(tracks):,}"
    for output in dataset.outputs:
        labels = Counter(t.labels[output] for t in tracks if output in t.labels)
        yield output, _counts(labels)
    for group in dataset.groups:
        known = [value for track in tracks if (value := getattr(track, group))]
        text = f"{len({value.casefold() for value in known}):,}, of {len(known):,} tracks"
        yield f"{group}s", text if known else "not known"
    if dataset.has_tags:
        tags = Counter(tag for track in tracks for tag in track.tags)
        yield "tags", f"{len(tags):,}, of {sum(bool(track.tags) for track in tracks):,} tracks"
    if splits := Counter(track.split for track in tracks if track.split):
        yield "split", _counts(splits)
    yield from (("fault", fault) for fault in _faults(tracks))
    yield from (("note", note) for note in dataset.notes())


def _counts(counts: Mapping[str, int]) -> str:
    if len(counts) > _SHOWN_LABELS:
        return f"{len(counts):,} labels, of {sum(counts.values()):,} tracks"
    return ", ".join(f"{label} {counts[label]:,}" for label in sorted(counts)) or "none"


def _faults(tracks: Sequence[Track]) -> Iterator[str]:
    """Which tracks are known to be faulty, those together of which the same is known."""
    by_fault: dict[str, list[str]] = {}
    for track in tracks:
        for fault in track.faults:
            by_fault.setdefault(fault, []).append(track.id)
    for fault, names in list(by_fault.items())[:_SHOWN_FAULTS]:
        yield f"{names[0] if len(names) == 1 else _count(len(names), 'track')}: {fault}"
    if more := sum(len(names) for names in list(by_fault.values())[_SHOWN_FAULTS:]):
        yield f"and {more} more"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _overview() -> str:
    """All data sets, a line each; where the terminal is too narrow, a paragraph each."""
    rows = [("name", "files", "offers", "what it is")]
    rows += [(kind.name, kind.kind, _offers(kind), kind.summary) for kind in DATASETS.values()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = _width()
    if room is not None and room < sum(widths) + 6:
        return "".join(_paragraph(*row, room) for row in rows[1:])
    start, files, offers, _ = widths
    lines = [f"{row[0]:{start}}  {row[1]:{files}}  {row[2]:{offers}}  {row[3]}" for row in rows]
    return "\n".join([styled(lines[0], "dim", sys.stdout), *lines[1:]]) + "\n"


def _paragraph(name: str, files: str, offers: str, summary: str, room: int) -> str:
    lines = (
        line for text in (summary, f"{files}: {offers}") for line in textwrap.wrap(text, room - 4)
    )
    return "\n    ".join([styled(name, "bold", sys.stdout), *lines]) + "\n"


def _offers(kind: type[Dataset]) -> str:
    offered = [", ".join(kind.outputs)]
    if kind.values:
        offered.append(_count(len(kind.values), "value"))
    offered += ["tags"] * kind.has_tags
    offered.append(", ".join(kind.groups))
    return "; ".join(part for part in offered if part) or "what its columns say"


def _in_full(kind: type[Dataset]) -> str:
    """One data set with all that is known of it."""
    index = committed_index(kind.name)
    entries = [
        ("data set", kind.name),
        ("", kind.summary),
        ("files", kind.kind),
        ("outputs", ", ".join(kind.outputs)),
        ("values", ", ".join(kind.values)),
        ("tags", "yes" if kind.has_tags else "no"),
        ("known groups", ", ".join(kind.groups) or "none: only the track itself"),
        *(("published", f"{o}: {_counts(counts)}") for o, counts in kind.published.items()),
        ("layout", kind.layout),
        ("source", kind.source),
        ("citation", kind.citation),
        ("licence", kind.licence),
        ("index", f"{_count(len(index), 'file')} with size and checksum" if index else "none"),
    ]
    return _entries((key, text) for key, text in entries if text)


def _entries(entries: Iterable[tuple[str, str]]) -> str:
    """Keys with texts beside them, wrapped on a terminal."""
    lines = []
    entries = list(entries)
    longest = max(len(key) for key, _ in entries)
    for key, text in entries:
        start = f"{key:{longest}}  "
        width = max(40, (_width() or 1 << 20) - len(start))
        first, *rest = textwrap.wrap(printable(text), width, break_on_hyphens=False) or [""]
        lines.append(styled(start, "dim", sys.stdout) + first)
        lines += [" " * len(start) + line for line in rest]
    return "\n".join(lines) + "\n"


def _width() -> int | None:
    """Columns of the terminal, if it is one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _print(text: str) -> None:
    sys.stdout.write(text)
