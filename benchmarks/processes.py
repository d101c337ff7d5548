"""Whole processes against each other: wall time and peak memory. Shared by the benchmarks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def processes(
    ours: list[str], theirs: list[str], runs: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """(milliseconds, MiB) of two commands run in turn: median time, greatest memory."""
    seconds: tuple[list[float], list[float]] = ([], [])
    memory = [0.0, 0.0]
    for counted in range(runs + 1):
        for i, command in enumerate((ours, theirs)):
            elapsed, mebibytes = process(command)
            if counted:
                seconds[i].append(elapsed)
                memory[i] = max(memory[i], mebibytes)
    first, second = (1e3 * statistics.median(kept) for kept in seconds)
    return (first, memory[0]), (second, memory[1])


_LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if hasattr(os, "wait4"):
    _, status, usage = os.wait4(process.pid, 0)
    code, memory = os.waitstatus_to_exitcode(status), usage.ru_maxrss
else:  # Windows tells no peak memory here
    code, memory = process.wait(), float("nan")
print(json.dumps([time.perf_counter() - start, memory, code]))
"""


def process(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak MiB of one command.

    Started from a small process: the peak of a child counts what its parent held when it forked.
    """
    launched = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *command],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
    )
    seconds, memory, code = json.loads(launched.stdout)
    if code != 0:
        raise SystemExit(f"{' '.join(command)} ended with exit code {code}")
    return seconds, memory / (1 << 20 if sys.platform == "darwin" else 1 << 10)
