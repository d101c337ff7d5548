"""Interleaved timing of pairs, and how the rows are printed. Shared by the benchmarks.

Ours and theirs run in turn, so that a machine whose speed drifts treats both alike. Times are
medians. `ratio` is theirs / ours: above 1, ours is that many times better.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

# One thread each: set before numpy is imported.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@dataclass(frozen=True)
class Row:
    """One comparison; `target` is the ratio that is aimed at, 0 where there is none."""

    name: str
    ours: float
    theirs: float
    ratio: float
    unit: str
    target: float


def row(name: str, ours: float, theirs: float, unit: str, target: float) -> Row:
    """A row with its ratio."""
    return Row(name, round(ours, 2), round(theirs, 2), round(theirs / ours, 2), unit, target)


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    target: float,
    runs: int = 15,
) -> Row:
    """Time two functions in turn, after one run of each that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    ours(), theirs()
    for _ in range(runs):
        for function, kept in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            function()
            kept.append(1e3 * (time.perf_counter() - start))
    return row(name, statistics.median(times[0]), statistics.median(times[1]), "ms", target)


def main(description: str, measure: Callable[[], list[Row]]) -> None:
    """Parse the command line, measure, and print a table or one JSON object per row."""
    main_with(argparse.ArgumentParser(description=description), lambda _: measure())


def main_with(
    parser: argparse.ArgumentParser, measure: Callable[[argparse.Namespace], list[Row]]
) -> None:
    """The same for a benchmark that has options of its own."""
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    wanted = parser.parse_args()
    rows = measure(wanted)
    for one in rows:
        if wanted.json:
            print(json.dumps(asdict(one)))
        else:
            mark = "" if one.ratio >= one.target else "   below target"
            print(
                f"{one.name:58} ours {one.ours:9.2f}  theirs {one.theirs:9.2f} {one.unit:4} "
                f"ratio {one.ratio:6.2f}" + (f"  target {one.target:g}{mark}" if one.target else "")
            )
    sys.stdout.flush()
