"""`earmark evaluate`: judge labelled tracks, print what came out, write it as a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from earmark.bundle import Bundle, Output, read_bundle
from earmark.cli.evaluation_tables import as_table
from earmark.cli.formats import ReportFormat
from earmark.cli.messages import complain, say, styled
from earmark.cli.output import try_to_write, write_result, write_text
from earmark.cli.progress import progress_bar
from earmark.cli.split import leak_warning
from earmark.crew import available_cores
from earmark.datasets import Dataset, Track, open_dataset, parse_data_option
from earmark.errors import BadBundle, BadDataset, BadSplit
from earmark.evaluation.acquaintance import acquaintance, unmet
from earmark.evaluation.judging import Judged, judge_tracks, report
from earmark.evaluation.labelling import answerable, is_folder, labelled
from earmark.robustness.summary import summarise_trials
from earmark.robustness.trying import Trial, try_tracks
from earmark.splits import listed, read_split, side, split_checksum

Result = TypeVar("Result", Judged, Trial)


def run(
    data: str,
    *,
    output: str,
    model: Path | None,
    split: str | None,
    side_name: str | None,
    only_unmet: bool,
    robustness: bool,
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
    answered = bundle.outputs[output]
    name, folder = parse_data_option(data)
    dataset = open_dataset(name, folder)
    if robustness:
        _check_robustness(dataset, output, answered)
    tracks = labelled(dataset, output, bundle)
    if side_name is not None or (split is not None and _is_split_file(split)):
        tracks = _on_side(tracks, dataset, split, side_name, output)
    elif split is not None:
        tracks = listed(tracks, Path(split)) if Path(split).is_file() else side(tracks, split)
    left_out: dict[str, int] = {}
    if not is_folder(dataset):  # whose labels are not the user's to mend
        tracks, left_out = _answerable(tracks, dataset, output, answered)
    if only_unmet:
        tracks = _unmet(tracks, bundle)
    jobs = jobs or available_cores()
    judged = _watched(
        judge_tracks(tracks, dataset.kind, model=model, jobs=jobs, output=output), len(tracks)
    )
    result = report(judged, answered.labels, output, answered.kind)
    known_tracks = acquaintance(tracks, bundle.manifest)
    warnings = known_tracks.warnings(len(tracks))
    for line in warnings:
        say(f"{styled('warning:', 'yellow', sys.stderr)} {line}")
    about = {
        **result.to_dict(),
        "left_out": left_out,
        "known_to_the_model": known_tracks.to_dict(),
        "split_checksum": split_checksum(tracks),
    }
    if robustness:
        heard = [item.track for item in judged if item.error is None]
        trials = _watched(try_tracks(heard, model=model, output=output, jobs=jobs), len(heard))
        about["robustness"] = summarise_trials(trials, answered.labels, output)
    if html is not None:
        from earmark.reporting.model_page import as_html, subject

        part = " ".join(filter(None, (split, side_name))) or "all tracks"
        write_text(html, as_html(result.answers, about, subject(bundle, data, part), warnings))
    as_json = format is ReportFormat.JSON
    write_result(json.dumps(about, indent=2) + "\n" if as_json else as_table(about), out)
    sys.exit(1 if result.failures else 0)


def _watched(stream: Generator[Result], total: int) -> list[Result]:
    """All that comes, under a bar, with a line for each track that failed."""
    results: list[Result] = []
    with closing(stream), progress_bar(total, "tracks") as advance:
        for item in stream:
            results.append(item)
            if item.error is not None:
                complain(f"{item.track.path}: {item.error}")
            advance()
    return results


def _check_robustness(dataset: Dataset, output: str, answered: Output) -> None:
    if dataset.kind != "audio":
        raise BadDataset(
            f"{dataset.folder}: --robustness changes sound, and {dataset.name} has none: give audio"
        )
    if answered.kind != "classes":
        raise BadBundle(
            f"--robustness counts changed answers of classes; {output} is of kind {answered.kind}"
        )


def _answerable(
    tracks: list[Track], dataset: Dataset, output: str, answered: Output
) -> tuple[list[Track], dict[str, int]]:
    """Leave out, and say so, tracks whose label the model does not know."""
    found, others = answerable(tracks, answered, output)
    if found and others:
        counts = ", ".join(f"{n} {label}" for label, n in others.items())
        say(f"{dataset.folder}: left out, as the model knows no such {output}: {counts}")
    return found or tracks, others  # if none is left, judging says which labels there are


def _unmet(tracks: list[Track], bundle: Bundle) -> list[Track]:
    found = unmet(tracks, bundle.manifest)
    if not found:
        raise BadDataset(
            f"the model has met all {len(tracks)} tracks or their artists: none is left"
        )
    return found


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
