"""`earmark evaluate`: judge labelled tracks, print what came out, write it as a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from earmark.bundle import read_bundle
from earmark.cli.formats import ReportFormat
from earmark.cli.messages import complain, say, styled
from earmark.cli.output import try_to_write, write_result, write_text
from earmark.cli.progress import progress_bar
from earmark.cli.split import leak_warning
from earmark.crew import available_cores
from earmark.datasets import Dataset, Track, open_dataset, parse_data_option
from earmark.errors import BadBundle, BadSplit
from earmark.evaluation.acquaintance import acquaintance
from earmark.evaluation.judging import Judged, judge_tracks, labelled, report
from earmark.splits import listed, read_split, side, split_checksum


def run(
    data: str,
    *,
    output: str,
    model: Path | None,
    split: str | None,
    side_name: str | None,
    format: ReportFormat,
    jobs: int | None,
    out: Path | None,
    html: Path | None,
) -> None:
    """Judge, write the report, and end the process with the exit code."""
    try_to_write(html)  # before the work, which may take hours
    bundle = read_bundle(model)
    if output not in bundle.outputs:
        known = ", ".join(bundle.outputs)
        raise BadBundle(f"{bundle.path}: answers {known}, not {output}: choose with --output")
    name, folder = parse_data_option(data)
    dataset = open_dataset(name, folder)
    tracks = labelled(dataset, output)
    if side_name is not None or (split is not None and _is_split_file(split)):
        tracks = _on_side(tracks, dataset, split, side_name, output)
    elif split is not None:
        tracks = listed(tracks, Path(split)) if Path(split).is_file() else side(tracks, split)
    judged: list[Judged] = []
    stream = judge_tracks(
        tracks, dataset.kind, model=model, jobs=jobs or available_cores(), output=output
    )
    with closing(stream), progress_bar(len(tracks), "tracks") as advance:
        for item in stream:
            judged.append(item)
            if item.error is not None:
                complain(f"{item.track.path}: {item.error}")
            advance()
    result = report(judged, bundle.outputs[output].labels, output, bundle.outputs[output].kind)
    known_tracks = acquaintance(tracks, bundle.manifest)
    warnings = known_tracks.warnings(len(tracks))
    for line in warnings:
        say(f"{styled('warning:', 'yellow', sys.stderr)} {line}")
    about = {
        **result.to_dict(),
        "known_to_the_model": known_tracks.to_dict(),
        "split_checksum": split_checksum(tracks),
    }
    if html is not None:
        from earmark.reporting.model_page import as_html, subject

        part = " ".join(filter(None, (split, side_name))) or "all tracks"
        write_text(html, as_html(result.answers, about, subject(bundle, data, part), warnings))
    as_json = format is ReportFormat.JSON
    write_result(json.dumps(about, indent=2) + "\n" if as_json else as_table(about), out)
    sys.exit(1 if result.failures else 0)


def _on_side(
    tracks: list[Track], dataset: Dataset, split: str | None, side_name: str | None, output: str
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
        raise BadSplit(f"{path}: no track on the side {side_name!r} has a {output}")
    if len(chosen) < len(wanted):
        lacking = len(wanted) - len(chosen)
        remarks.append(f"{lacking} tracks on {side_name} have no {output}: left out")
    for remark in remarks:
        say(f"{path}: {remark}")
    if warning := leak_warning(found):
        say(f"{styled('warning:', 'yellow', sys.stderr)} {path}: {warning}")
    return chosen


def _is_split_file(split: str) -> bool:
    return Path(split).suffix.lower() == ".json"


def as_table(about: Mapping[str, Any]) -> str:
    """The report as text: the main numbers, then one row per label."""
    failed = about["n_failed"]
    more = f" ({failed} more could not be judged)" if failed else ""
    lines = [f"tracks    {about['n_tracks']}{more}"]
    tables = {"classes": _classes, "tags": _tags, "number": _number}
    lines += tables[about["kind"]](about)
    return "\n".join(lines) + "\n"


def _classes(about: Mapping[str, Any]) -> list[str]:
    """Accuracy, macro F1, recall per label, confusion matrix."""
    whole, labels, confusion = about["per_track"], about["labels"], about["confusion"]
    width = max(10, *map(len, labels))
    cells = max(4, len(str(max(map(max, confusion)))) + 1)
    heads = "".join(f"{label[: cells - 1]:>{cells}}" for label in labels)
    lines = [
        _measure("accuracy", whole, "accuracy"),
        _measure("macro F1", whole, "macro_f1"),
        "",
        f"{'true label':{width}}  recall  {heads}",
    ]
    for label, row in zip(labels, confusion, strict=True):
        share = about["recall"][label]
        recall = "     –" if share is None else f"{share:6.0%}"
        counts = "".join(f"{count or '·':>{cells}}" for count in row)
        lines.append(f"{label:{width}}  {recall}  {counts}")
    return lines


def _tags(about: Mapping[str, Any]) -> list[str]:
    """Areas under the curves, on the whole and per tag."""
    whole = about["per_track"]
    width = max(10, *map(len, about["labels"]))
    lines = [
        _measure("ROC-AUC ", whole, "macro_roc_auc"),
        _measure("PR-AUC  ", whole, "macro_average_precision"),
        "",
        f"{'tag':{width}}  tracks  ROC-AUC  PR-AUC",
    ]
    for label, row in whole["per_label"].items():
        roc, pr = (
            "–" if row[key] is None else f"{row[key]:.3f}"
            for key in ("roc_auc", "average_precision")
        )
        lines.append(f"{label:{width}}  {row['n']:>6}  {roc:>7}  {pr:>6}")
    return lines


def _number(about: Mapping[str, Any]) -> list[str]:
    """How far a number is explained, and how far off it is."""
    whole = about["per_track"]
    names = {"R²      ": "r_squared", "r       ": "r", "error   ": "mean_absolute_error"}
    return [_measure(head, whole, key, "{:.3f}") for head, key in names.items()]


def _measure(head: str, whole: Mapping[str, Any], key: str, form: str = "") -> str:
    """A number with its intervals, those that there are."""
    form = form or ("{:.3f}" if "auc" in key or "precision" in key else "{:.1%}")
    if whole[key] is None:
        return f"{head}  –"
    said = []
    for name, where in (("interval", "95 % interval"), ("interval_by_artist", "over artists")):
        if interval := whole.get(f"{key}_{name}"):
            low, high = map(form.format, interval)
            said.append(f"{where} {low} to {high}")
    return f"{head}  {form.format(whole[key])}" + (f"  ({'; '.join(said)})" if said else "")
