"""What `earmark explain` names, deleted; against as much at random places. And what it costs.

python benchmarks/explain.py [--model BUNDLE] [--json]

Thirty tracks: half from GTZAN's audio (its valid side), half from Emotify. In the rows of what is
left, `ours` is the share of the answer's probability that is left without the parts that speak for
it, `theirs` without as much at random places (mean of twenty), both averaged over tracks. In the
rows of tracks, `ours` is on how many the parts named matter more, `theirs` how many there are, and
the ratio is the share. In the row of time, `theirs` is the most that an explanation may take.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pairs import Row, main_with, row

if TYPE_CHECKING:
    from earmark.explain.explanation import Check, Explanation

DATA = Path(os.environ.get("EARMARK_DATA", Path(__file__).parents[2] / "shared" / "data"))
EACH = 15
MOST_SECONDS = 10.0


def measure(wanted: argparse.Namespace) -> list[Row]:
    from earmark import Classifier
    from earmark.explain import explain

    classifier = Classifier.load(wanted.model)
    found, seconds = [], []
    for path in tracks():
        start = time.perf_counter()
        found.append(explain(classifier, path))
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    return [*faithfulness(found), row("an explanation, one core", median, MOST_SECONDS, "s", 1.0)]


def tracks() -> list[Path]:
    """As many of GTZAN's audio as of Emotify, spread over both."""
    if not (DATA / "emotify").is_dir():
        sys.exit(f"no recordings at {DATA}; say where they are with EARMARK_DATA")
    folder = DATA / "gtzan-audio"
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        valid = [folder / r["path"] for r in csv.DictReader(file) if r["split"] == "valid"]
    sets = valid, sorted((DATA / "emotify").glob("*/*.opus"))
    return [paths[i * len(paths) // EACH] for paths in sets for i in range(EACH)]


def faithfulness(found: list[Explanation]) -> list[Row]:
    """How much more the parts named matter than others, over tracks that have such parts."""
    tested: list[tuple[float, Check]] = [(e.value, e.check) for e in found if e.check is not None]
    ours = statistics.mean(check.left / value for value, check in tested)
    theirs = statistics.mean(check.mean / value for value, check in tested)
    most = statistics.mean(check.share for _, check in tested)
    passed = sum(check.passed for _, check in tested)
    all_beaten = sum(check.beaten == len(check.random_left) for _, check in tested)
    name = f"left of the probability without {most:.0%} of the window"
    return [
        row(name, 100 * ours, 100 * theirs, "%", 1.0),
        shared("tracks where that is less than at random", passed, len(found)),
        shared("tracks where it is less than any of 20 at random", all_beaten, len(found)),
    ]


def shared(name: str, count: int, of: int) -> Row:
    return Row(name, count, of, round(count / of, 2), "", 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, metavar="BUNDLE", help="the built-in one if none")
    main_with(parser, measure)
