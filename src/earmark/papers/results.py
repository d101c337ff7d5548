"""What came of a paper's runs: docs/results/KEY.json, from which all else is written.

A row is a system on a data set, divided in one way, all seeds together. Everything in it is read
from finished runs, so that the same runs give the same bytes. Rows of systems that were not run
this time stay.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from earmark.errors import EarmarkError
from earmark.papers.base import EVERY_WAY, Findings, Paper, Printed, Study, System, Way
from earmark.papers.metrics import difference, measure, recall_by_label
from earmark.papers.protocols import JOINS
from earmark.papers.runs import read_epochs

if TYPE_CHECKING:
    from earmark.evaluation.answers import Answers
    from earmark.papers.running import Outcome

FORMAT, VERSION = "earmark paper", 1

Row = dict[str, Any]


def row(
    paper: Paper,
    outcomes: Sequence[Outcome],
    *,
    leak_free: Sequence[Outcome] = (),
    quick: bool = False,
) -> Row:
    """What came of a system: its numbers beside the paper's, and how they came about.

    Args:
        paper: what is reproduced.
        outcomes: of one system, data set and way, one per seed.
        leak_free: of the control, what it is the control of; each number then says how much more
            it is with the leak.
        quick: whether they are of a quick run.
    """
    from earmark.training.finish import versions

    first = outcomes[0]
    system, training = first.system, first.recipe.training
    answers = {name: [each.answers[name] for each in outcomes] for name in first.answers}
    without = {name: [each.answers[name] for each in leak_free] for name in first.answers}
    return {
        "system": system.key,
        "title": system.title,
        "dataset": first.dataset,
        "way": first.way,
        "listed": system.listed,
        "note": system.note,
        "measures": [
            _measured(printed, first.dataset, answers, without) for printed in system.printed
        ],
        "recall": {
            name: recall_by_label(parts)
            for name, parts in answers.items()
            if parts[0].kind == "classes"
        },
        "learnt": round(fmean(run["sides"]["train"]["n_tracks"] for run in first.runs)),
        "judged": first.plan.judged,
        "leaks": dict(first.plan.leaks),
        "left_out": dict(sorted(first.left_out.items())),
        "epochs": system.epochs and training.epochs,
        "epochs_of_the_paper": system.epochs,
        "patience": training.patience if system.epochs else 0,
        "parameters": first.runs[0]["parameters"],
        "seeds": [_seed(outcome) for outcome in outcomes],
        "command": command(paper, system, first.dataset, first.way, outcomes, quick=quick),
        "versions": first.runs[0].get("versions") or versions(),
    }


def command(
    paper: Paper,
    system: System,
    dataset: str,
    way: Way,
    outcomes: Sequence[Outcome],
    *,
    quick: bool = False,
) -> str:
    """The command that makes a row; where its data lie is for its reader to say."""
    words = ["earmark reproduce", paper.key, f"--data {dataset}=DIR"]
    if way == "naive" and dataset in JOINS:
        words.append(f"--data {JOINS[dataset]}=DIR")
    words += [f"--only {system.key}", f"--protocol {way}"]
    if quick:
        return " ".join([*words, "--quick"])
    epochs = outcomes[0].recipe.training.epochs
    if system.epochs not in (None, epochs):
        words.append(f"--epochs {epochs}")
    if len(outcomes) != system.seeds:
        words.append(f"--seeds {len(outcomes)}")
    return " ".join(words)


def read_results(path: Path) -> dict[str, Any]:
    """The results of a paper.

    Raises:
        EarmarkError: the file cannot be read, or is something else.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if (found["format"], found["version"]) != (FORMAT, VERSION):
            raise ValueError("of another format or version")
        return found
    except OSError as error:
        raise EarmarkError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EarmarkError(
            f"{path}: not the results of a paper; delete it, and `earmark reproduce` writes it anew"
        ) from error


def update(
    path: Path,
    paper: Paper,
    *,
    rows: Iterable[Row] = (),
    studies: Iterable[tuple[Study, str, Findings]] = (),
    quick: bool = False,
) -> dict[str, Any]:
    """Put rows and findings into the results of a paper; those of the same name are replaced.

    Args:
        path: KEY.json; pictures of studies are written beside it.
        paper: what is reproduced.
        rows: what `row` gave.
        studies: what was found, with the data set that it was found on.
        quick: whether these are results of a quick run.

    Returns:
        What the file says now.

    Raises:
        EarmarkError: the file there is no results, or it cannot be written.
    """
    before = read_results(path) if path.exists() else {"rows": [], "studies": []}
    kept = {_place(paper, found): found for found in (*before["rows"], *rows)}
    kept.pop(None, None)
    told = {(found["study"], found["dataset"]): found for found in before["studies"]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for study, dataset, findings in studies:
            told[study.key, dataset] = _told(study, dataset, findings)
            for name, picture in findings.pictures.items():
                write_bytes(path.parent / name, picture)
        results = {
            "format": FORMAT,
            "version": VERSION,
            "paper": paper.key,
            "citation": paper.citation,
            "data": paper.data,
            "notes": list(paper.notes),
            "quick": quick,
            "rows": [kept[place] for place in sorted(filter(None, kept))],
            "studies": [
                told[study.key, dataset]
                for study in paper.studies
                for dataset in sorted({dataset for key, dataset in told if key == study.key})
            ],
        }
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        write_bytes(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        where = error.filename or path
        raise EarmarkError(f"{where}: cannot be written: {error.strerror}") from error
    return results


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that it is the old or the new one at any moment.

    Raises:
        OSError: it cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _place(paper: Paper, found: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """Where a row stands: in the paper's order; None for a system that it has no more."""
    for number, system in enumerate(paper.systems):
        if system.key == found["system"] and found["dataset"] in system.data:
            return number, system.data.index(found["dataset"]), EVERY_WAY.index(found["way"])
    return None


def _measured(
    printed: Printed,
    dataset: str,
    answers: Mapping[str, Sequence[Answers]],
    without: Mapping[str, Sequence[Answers]],
) -> dict[str, Any]:
    stands = dataset in (printed.beside or (dataset,))
    asked, given = (printed.metric, printed.unit), answers[printed.output]
    leak = {}
    if leak_free := without[printed.output]:
        leak = {"leak": difference(*asked, given, leak_free).to_dict()}
    return {
        "metric": printed.metric,
        "output": printed.output,
        "unit": printed.unit,
        "paper": printed.value if stands else None,
        "where": printed.where,
        **measure(*asked, given).to_dict(),
        **leak,
    }


def _told(study: Study, dataset: str, findings: Findings) -> dict[str, Any]:
    return {
        "study": study.key,
        "title": study.title,
        "dataset": dataset,
        "text": findings.text,
        "data": dict(findings.data),
    }


def _seed(outcome: Outcome) -> dict[str, Any]:
    """How the trainings of one seed went; lists have an entry per fold."""
    kept = [run["epoch"] for run in outcome.runs]
    learnt: list[Any] = [None]
    seconds = sum(run["seconds_per_epoch"] for run in outcome.runs)
    if outcome.system.epochs is not None:
        epochs = [read_epochs(folder) for folder in outcome.folders]
        pairs = zip(epochs, kept, strict=True)
        learnt = [lines[epoch - 1].get("train_accuracy") for lines, epoch in pairs]
        seconds = sum(line["seconds"] for lines in epochs for line in lines)
    whole = next(iter(outcome.answers.values())).per_track()
    return {
        "seed": outcome.seed,
        "split": outcome.plan.split.to_dict()["sha256"],
        "epochs_run": [run["epochs"] for run in outcome.runs],
        "epoch_kept": kept,
        "train_accuracy": None if None in learnt else round(fmean(learnt), 6),
        "accuracy": round(float(whole.right.mean()), 6) if whole.kind == "classes" else None,
        "seconds_per_epoch": round(fmean(run["seconds_per_epoch"] for run in outcome.runs), 3),
        "minutes": round(seconds / 60, 2),
    }
