"""`earmark study`: all pairs of labels, or confusion matrices, of any model, without the leak."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.cli.messages import complain, say
from earmark.datasets import open_dataset, parse_data_option
from earmark.errors import BadRecipe, EarmarkError, MissingExtra
from earmark.papers.base import System
from earmark.papers.studies.models import WAY, Subject, all_pairs
from earmark.papers.studies.report import about, write
from earmark.training.models import is_classical
from earmark.training.recipe import read_recipe

if TYPE_CHECKING:
    from earmark.papers.running import Bench

RUNS = Path("runs/studies")


def run(
    kind: str,
    recipe_path: Path,
    *,
    data: str,
    labels: Sequence[str],
    seeds: int | None,
    runs: Path | None,
    out: Path | None,
    threads: int,
) -> None:
    """Run a study and end the process with the exit code."""
    recipe = read_recipe(recipe_path)
    name, folder = parse_data_option(data)
    subject = Subject(recipe_path.stem, recipe, open_dataset(name, folder))
    if recipe.data.extra:
        extra = ", ".join(recipe.data.extra)
        say(f"learns from {name} only: the recipe's {extra} takes no part in a study")
    systems = subject.systems(_sets(kind, subject, labels))
    bench = _bench(subject, systems, folder, seeds=seeds, runs=runs or RUNS, threads=threads)
    try:
        failed = _run_systems(bench, systems, name)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on where it was")
        sys.exit(130)
    done = [system for system in systems if system.title not in failed]
    if not done:
        sys.exit(1)
    from earmark.papers.finished import Finished

    title = f"{subject.name}-{name}-{kind}"
    study = (subject.pairs if kind == "pairs" else subject.classes)(done, title)
    every = bench.seeds(done[0])
    findings = study.run(Finished(bench, name, every))
    outcomes = [bench.run(system, name, WAY, seed) for system in done for seed in every]
    command = _command(kind, recipe_path, name, labels, seeds)
    known = about(kind, subject, outcomes, findings, command=command, failed=failed)
    written = write(out or RUNS, title, known, findings)
    for path in written:
        print(path)  # noqa: T201  (the result, on stdout)
    sys.exit(1 if failed else 0)


def _sets(kind: str, subject: Subject, labels: Sequence[str]) -> Sequence[tuple[str, ...]]:
    """The sets of labels that are told apart.

    Raises:
        BadRecipe: there are two lists of labels for pairs, or a label is not known.
    """
    chosen = list(dict.fromkeys(subject.chosen(words) for words in labels))
    if kind == "classes":
        return chosen or subject.sets()
    if len(chosen) > 1:
        raise BadRecipe("--labels names the labels of which all pairs are made: give it once")
    return all_pairs(chosen[0] if chosen else subject.labels)


def _bench(
    subject: Subject,
    systems: Sequence[System],
    folder: Path,
    *,
    seeds: int | None,
    runs: Path,
    threads: int,
) -> Bench:
    try:
        # The tagger sets one thread for itself; training wants all.
        os.environ.pop("OPENBLAS_NUM_THREADS", None)
        from earmark.papers.running import Bench, Options

        watch: dict[str, Any] = {}
        if sys.stderr.isatty() and not is_classical(subject.recipe.model.name):
            from earmark.cli.training_progress import training_progress

            watch = {"watch": training_progress}
    except ImportError as error:
        raise MissingExtra(
            f"a study needs the extra `train` ({error.name} is missing): "
            "pip install 'earmark[train]', or make dev in a clone"
        ) from error
    options = Options(runs=runs, seeds=seeds, threads=threads, jobs=os.cpu_count() or 1)
    return Bench(subject.paper(systems), {subject.dataset.name: folder}, options, say=say, **watch)


def _run_systems(bench: Bench, systems: Sequence[System], dataset: str) -> dict[str, str]:
    """Run one after the other; why some could not be, by title."""
    failed = {}
    for system in systems:
        try:
            for seed in bench.seeds(system):
                bench.run(system, dataset, WAY, seed)
        except BadRecipe:  # which is the same for all of them
            raise
        except EarmarkError as error:  # such as too few tracks of these labels
            complain(f"{system.title}: {error}")
            failed[system.title] = str(error)
    return failed


def _command(
    kind: str, recipe: Path, dataset: str, labels: Sequence[str], seeds: int | None
) -> str:
    """The command that makes the study; where its data lie is for its reader to say."""
    named = recipe.name if recipe.is_absolute() else recipe.as_posix()
    words = ["earmark study", kind, named, f"--data {dataset}=DIR"]
    words += [f"--labels {chosen}" for chosen in labels]
    return " ".join([*words, *([f"--seeds {seeds}"] if seeds else [])])
