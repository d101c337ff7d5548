"""`earmark evaluate`: judge labelled tracks and print what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from earmark.bundle import read_bundle
from earmark.cli.formats import ReportFormat
from earmark.cli.messages import complain, discard_stdout, say, styled
from earmark.cli.progress import progress_bar
from earmark.cli.split import leak_warning
from earmark.crew import available_cores
from earmark.datasets import Dataset, Track, open_dataset, parse_data_option
from earmark.errors import BadSplit
from earmark.evaluation.acquaintance import acquaintance
from earmark.evaluation.classification import recalls
from earmark.evaluation.judging import Judged, Report, judge_tracks, labelled, report
from earmark.splits import listed, read_split, side, split_checksum


def run(
    data: str,
    *,
    model: Path | None,
    split: str | None,
    side_name: str | None,
    format: ReportFormat,
    jobs: int | None,
    out: Path | None,
) -> None:
    """Judge, write the report, and end the process with the exit code."""
    name, folder = parse_data_option(data)
    dataset = open_dataset(name, folder)
    tracks = labelled(dataset)
    if side_name is not None or (split is not None and _is_split_file(split)):
        tracks = _on_side(tracks, dataset, split, side_name)
    elif split is not None:
        tracks = listed(tracks, Path(split)) if Path(split).is_file() else side(tracks, split)
    judged: list[Judged] = []
    stream = judge_tracks(tracks, dataset.kind, model=model, jobs=jobs or available_cores())
    with closing(stream), progress_bar(len(tracks), "tracks") as advance:
        for item in stream:
            judged.append(item)
            if item.error is not None:
                complain(f"{item.track.path}: {item.error}")
            advance()
    bundle = read_bundle(model)
    result = report(judged, bundle.outputs["genre"].labels)
    known = acquaintance(tracks, bundle.manifest)
    for line in known.warnings(len(tracks)):
        say(f"{styled('warning:', 'yellow', sys.stderr)} {line}")
    about = {"known_to_the_model": known.to_dict(), "split_checksum": split_checksum(tracks)}
    text = _as_json(result, about) if format is ReportFormat.JSON else as_table(result)
    try:
        if out is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            out.write_text(text, encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{out or 'output'}: cannot be written: {error.strerror}")
        if out is None:
            discard_stdout()
        sys.exit(1)
    sys.exit(1 if result.failures else 0)


def _on_side(
    tracks: list[Track], dataset: Dataset, split: str | None, side_name: str | None
) -> list[Track]:
    """The labelled tracks on a side of a split that `earmark split` wrote."""
    if split is None or not _is_split_file(split):
        raise BadSplit("--side names a side of a split: add --split FILE.json")
    path, everything = Path(split), dataset.tracks()
    found = read_split(path)
    if side_name is None:
        raise BadSplit(f"{path}: name a side of it: --side {' | '.join(found.sides)}")
    try:
        remarks = found.check(everything)
        wanted = {track.id for track in found.tracks(side_name, everything)}
    except BadSplit as error:
        raise BadSplit(f"{path}: {error}") from error
    chosen = [track for track in tracks if track.id in wanted]
    if not chosen:
        raise BadSplit(f"{path}: no track on the side {side_name!r} has a genre")
    if len(chosen) < len(wanted):
        remarks.append(f"{len(wanted) - len(chosen)} tracks on {side_name} have no genre: left out")
    for remark in remarks:
        say(f"{path}: {remark}")
    if warning := leak_warning(found):
        say(f"{styled('warning:', 'yellow', sys.stderr)} {path}: {warning}")
    return chosen


def _is_split_file(split: str) -> bool:
    return Path(split).suffix.lower() == ".json"


def _as_json(result: Report, about: Mapping[str, object]) -> str:
    return json.dumps({**result.to_dict(), **about}, indent=2) + "\n"


def as_table(result: Report) -> str:
    """The report as text: totals, recall per label, confusion matrix."""
    low, high = result.accuracy_interval
    lines = [
        f"tracks    {result.n_tracks}"
        + (f" ({len(result.failures)} more could not be judged)" if result.failures else ""),
        f"accuracy  {result.accuracy:.1%}  (95 % interval {low:.1%} to {high:.1%})",
        "",
    ]
    width = max(len(label) for label in result.labels)
    cells = max(4, len(str(result.confusion.max())) + 1)
    short = [label[: cells - 1] for label in result.labels]
    heads = "".join(f"{head:>{cells}}" for head in short)
    lines.append(f"{'true label':{max(width, 10)}}  recall  {heads}")
    shares = recalls(result.confusion)
    for label, share, row in zip(result.labels, shares, result.confusion, strict=True):
        recall = "     –" if not row.sum() else f"{share:6.0%}"
        counts = "".join(f"{count or '·':>{cells}}" for count in row)
        lines.append(f"{label:{max(width, 10)}}  {recall}  {counts}")
    return "\n".join(lines) + "\n"
