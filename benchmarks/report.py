"""Run the benchmarks and write docs/performance.md: `python benchmarks/report.py`.

With `--keras-python PYTHON`, an interpreter that has TensorFlow, that of training too; with
`--only NAME`, once for each, just these, while the tables of the others stay as they were.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    *("log_mel", "features", "extract", "doctor", "tag", "training_step", "classical"),
    *("explain", "explore"),
)
NOTES = HERE / "performance-notes.md"
PAGE = HERE.parent / "docs" / "performance.md"


def main() -> None:
    """Run, and write the tables with what is known of the machine."""
    parser = argparse.ArgumentParser(description="Every benchmark.")
    parser.add_argument("--keras-python", help="an interpreter that has TensorFlow")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="just this one")
    wanted = parser.parse_args()
    commands = {name: [f"{name}.py", "--json"] for name in wanted.only or BENCHMARKS}
    if wanted.keras_python:
        commands["training"] = ["training.py", "--json", "--keras-python", wanted.keras_python]
    before = _sections(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}
    now = {name: _measured(*command) for name, command in commands.items()}
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/report.py`. Ours and theirs ran in turn, one thread each "
        "unless the row says otherwise; times are medians, but training's, which are the least of "
        "several rounds on all cores, and the classical models', the least of the processor's. "
        "Ratios are theirs / ours and carry over to other machines; times do not.",
        "",
    ]
    for name in (*BENCHMARKS, "training"):
        if name in now or name in before:
            lines += [f"{_HEADING}{name}.py`", "", *now.get(name, before.get(name, [])), ""]
    lines.append(NOTES.read_text(encoding="utf-8"))
    PAGE.write_text("\n".join(lines), encoding="utf-8")


_HEADING = "## `benchmarks/"


def _sections(page: str) -> dict[str, list[str]]:
    """The tables of a page, by the name of their benchmark."""
    found: dict[str, list[str]] = {}
    for part in page.split(f"\n{_HEADING}")[1:]:
        name, _, rest = part.partition(".py`\n")
        found[name] = rest.split("\n## ")[0].strip().splitlines()
    return found


def _measured(file: str, *options: str) -> list[str]:
    """When and where, and a table."""
    print(f"running {file} ...", file=sys.stderr)
    printed = subprocess.run(
        [sys.executable, str(HERE / file), *options], stdout=subprocess.PIPE, check=True
    ).stdout
    return [
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}.",
        "",
        "| | ours | theirs | unit | ratio | target | |",
        "|---|---|---|---|---|---|---|",
        *(_row(json.loads(line)) for line in printed.splitlines()),
    ]


def _row(row: dict[str, object]) -> str:
    ratio, target = float(str(row["ratio"])), float(str(row["target"]))
    met = ("met" if ratio >= target else "not met") if target else ""
    cells = [*(row[key] for key in ("name", "ours", "theirs", "unit", "ratio")), target or "", met]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    main()
