"""`earmark reproduce`: run a paper, and write its numbers beside ours."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.cli.messages import complain, say
from earmark.datasets import parse_data_option
from earmark.errors import BadDataset, BadRecipe, EarmarkError, MissingExtra
from earmark.papers import PAPERS, Paper
from earmark.papers.base import WAYS, Findings, Study, System, Way, merge
from earmark.papers.protocols import JOINS
from earmark.papers.results import row, update, write_bytes
from earmark.papers.tables import (
    CONTROL_HEAD,
    HEAD,
    QUICK,
    as_text,
    control_table,
    page,
    table,
)

if TYPE_CHECKING:
    from earmark.papers.running import Bench, Outcome

RUNS, RESULTS = Path("runs/papers"), Path("docs/results")
QUICK_RUNS = Path("runs/quick")


def run(
    key: str,
    *,
    data: Sequence[str],
    only: Sequence[str],
    ways: Sequence[Way],
    quick: bool,
    seeds: int | None,
    epochs: int | None,
    runs: Path | None,
    out: Path | None,
    threads: int,
) -> None:
    """Run systems of a paper and end the process with the exit code."""
    paper = find_paper(key)
    folders = _folders(paper, data)
    systems = find_systems(paper, only)
    only_files = bool(folders) and set(folders) <= set(paper.files)
    at_hand = [] if only_files else _with_data(systems, folders)
    runs = runs or (QUICK_RUNS if quick else RUNS)
    out = out or (runs / "results" if quick else RESULTS)
    try:
        # The tagger sets one thread for itself; training wants all.
        os.environ.pop("OPENBLAS_NUM_THREADS", None)
        from earmark.cli.training_progress import training_progress
        from earmark.papers.running import Bench, Options
    except ImportError as error:
        raise MissingExtra(
            f"reproducing needs the extra `train` ({error.name} is missing): "
            "pip install 'earmark[train]', or make dev in a clone"
        ) from error
    if quick:
        say(QUICK)
    options = Options(
        runs=runs,
        quick=quick,
        epochs=epochs,
        seeds=seeds,
        threads=threads,
        jobs=os.cpu_count() or 1,
    )
    watch = training_progress if sys.stderr.isatty() else None
    bench = Bench(paper, folders, options, say=say, **({"watch": watch} if watch else {}))
    path = out / f"{paper.key}.json"
    try:
        failed = _run_systems(bench, at_hand, ways, path)
        failed |= _run_studies(bench, path)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on where it was")
        sys.exit(130)
    sys.exit(1 if failed else 0)


def find_paper(key: str) -> Paper:
    """A paper by its key.

    Raises:
        BadRecipe: there is none of that key; the message says which is nearest.
    """
    if key in PAPERS:
        return PAPERS[key]
    near = difflib.get_close_matches(key, PAPERS, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise BadRecipe(f"unknown paper {key!r}; {meant}known: {', '.join(PAPERS)}")


def find_systems(paper: Paper, only: Sequence[str]) -> tuple[System, ...]:
    """The systems of those keys, with those that they stand on; all of them if none is named.

    Raises:
        BadRecipe: the paper has none of that key.
    """
    known = [system.key for system in paper.systems]
    for key in only:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            raise BadRecipe(f"{paper.key} has no system {key!r}; {hint}")
    return paper.with_parts(tuple(s for s in paper.systems if not only or s.key in only))


def print_recipe(key: str, system: str, data: Sequence[str]) -> None:
    """Write a system as a recipe for `earmark train` to stdout."""
    paper = find_paper(key)
    chosen = next(s for s in find_systems(paper, [system]) if s.key == system)
    if chosen.parts:
        raise BadRecipe(f"{system} is a stack of {', '.join(chosen.parts.values())}: no recipe")
    given = [name for name in _folders(paper, data) if name in chosen.data]
    outputs = {"data": {"main": (given or chosen.data)[0], "outputs": list(chosen.outputs)}}
    print(f"# {paper.key}: {chosen.title}")  # noqa: T201  (the result, on stdout)
    print("\n".join(_toml(merge(outputs, chosen.recipe))))  # noqa: T201  (the same)


def gather(out: Path | None) -> None:
    """Write docs/results.md from the results of all papers."""
    from earmark.papers.gathering import gather as write

    print(write(out or RESULTS, list(PAPERS)))  # noqa: T201  (the result, on stdout)


def _folders(paper: Paper, data: Sequence[str]) -> dict[str, Path]:
    """Where the data sets are.

    Raises:
        BadDataset: one is named twice, or the paper's systems take none of that name.
    """
    folders = dict(parse_data_option(text) for text in data)
    if len(folders) < len(data):
        raise BadDataset("--data names a data set twice")
    taken = dict.fromkeys(name for system in paper.systems for name in system.data)
    known = [*taken, *(JOINS[name] for name in taken if name in JOINS), *paper.files]
    for name in folders:
        if name not in known:
            raise BadDataset(f"--data {name}: {paper.key} takes {', '.join(known)}")
    return folders


def _with_data(systems: Sequence[System], folders: Mapping[str, Path]) -> list[System]:
    """The systems that have data, saying which have none.

    Raises:
        BadDataset: none has.
    """
    without = [system for system in systems if not any(name in folders for name in system.data)]
    wanted = list(dict.fromkeys(name for system in without for name in system.data))
    adding = " or ".join(f"--data {name}=DIR" for name in wanted)
    if len(without) == len(systems):
        raise BadDataset(f"nothing to run on: add {adding}")
    if without:
        keys = ", ".join(system.key for system in without)
        say(f"left out, since their data are not given: {keys}; add {adding}")
    for name, joined in JOINS.items():
        if name in folders and joined not in folders:
            say(f"the naive protocol lacks {joined}; add --data {joined}=DIR to have it as printed")
    return [system for system in systems if system not in without]


def _run_systems(bench: Bench, systems: Sequence[System], ways: Sequence[Way], path: Path) -> bool:
    """Run and write one after the other; whether one of them failed."""
    failed = False
    for system in systems:
        for dataset in bench.datasets(system):
            done: dict[Way, list[Outcome]] = {}
            for way in ways:
                try:
                    done[way] = [bench.run(system, dataset, way, s) for s in bench.seeds(system)]
                except EarmarkError as error:
                    complain(f"{system.key} on {dataset}, {way}: {error}")
                    failed = True
            rows = [
                row(
                    bench.paper,
                    outcomes,
                    leak_free=done.get("leak-free", ()) if way == "control" else (),
                    quick=bench.options.quick,
                )
                for way, outcomes in done.items()
            ]
            if rows:
                _write(bench, path, rows=rows)
    return failed


def _run_studies(bench: Bench, path: Path) -> bool:
    """Work out what can be, and show the table; whether a study failed."""
    from earmark.papers.finished import Finished

    failed = False
    found: list[tuple[Study, str, Findings]] = []
    for study, dataset, seeds in _ready(bench):
        try:
            found.append((study, dataset, study.run(Finished(bench, dataset, seeds))))
        except EarmarkError as error:
            complain(f"{study.key} on {dataset}: {error}")
            failed = True
    results = _write(bench, path, studies=found)
    print(as_text(HEAD, table(results)))  # noqa: T201  (the result, on stdout)
    if controls := control_table(results):
        print(f"\n{as_text(CONTROL_HEAD, controls)}")  # noqa: T201  (the same)
    say(f"written: {path} and {path.with_suffix('.md').name}")
    return failed


def _ready(bench: Bench) -> Iterator[tuple[Study, str, Sequence[int]]]:
    """The studies whose systems are all finished, with data set and seeds."""
    for study in bench.paper.studies:
        if not study.needs:
            yield from ((study, name, (0,)) for name in study.data if name in bench.folders)
            continue
        systems = [bench.paper.system(key) for key in study.needs]
        seeds = min((bench.seeds(system) for system in systems), key=len)
        for dataset in study.data or systems[0].data:
            everywhere = all(dataset in bench.datasets(system) for system in systems)
            if everywhere and all(
                bench.is_done(system, dataset, way, seed)
                for system in systems
                for way in WAYS
                for seed in seeds
            ):
                yield study, dataset, seeds


def _write(bench: Bench, path: Path, **news: Any) -> dict[str, Any]:
    results = update(path, bench.paper, quick=bench.options.quick, **news)
    try:
        text = page(results).encode("utf-8", "backslashreplace")
        write_bytes(path.with_suffix(".md"), text)
    except OSError as error:
        raise EarmarkError(f"{path}: cannot be written: {error.strerror}") from error
    return results


def _toml(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The lines of a nested table."""
    import json

    def value(given: Any) -> str:
        if isinstance(given, Mapping):
            return "{ " + ", ".join(f"{k} = {value(v)}" for k, v in given.items()) + " }"
        if isinstance(given, list | tuple):
            return "[" + ", ".join(map(value, given)) + "]"
        return json.dumps(given, ensure_ascii=False)

    plain = {k: v for k, v in table.items() if prefix or not isinstance(v, Mapping)}
    yield from (f"{key} = {value(given)}" for key, given in plain.items())
    for key, given in table.items():
        if key not in plain:
            yield from ("", f"[{key}]", *_toml(given, f"{key}."))
