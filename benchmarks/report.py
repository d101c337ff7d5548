"""Run every benchmark and write docs/performance.md: `python benchmarks/report.py`.

With `--keras-python PYTHON`, an interpreter that has TensorFlow, that of training too.
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
BENCHMARKS = ("log_mel", "features", "extract", "doctor", "tag", "training_step", "classical")
NOTES = HERE / "performance-notes.md"


def main() -> None:
    """Run, and write the tables with what is known of the machine."""
    parser = argparse.ArgumentParser(description="Every benchmark.")
    parser.add_argument("--keras-python", help="an interpreter that has TensorFlow")
    keras = parser.parse_args().keras_python
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/report.py`. Ours and theirs ran in turn, one thread each "
        "unless the row says otherwise; times are medians, but training's, which are the least of "
        "several rounds on all cores, and the classical models', the least of the processor's. "
        "Ratios are theirs / ours and carry over to other machines; times do not.",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}.",
        "",
    ]
    commands = {name: [f"{name}.py", "--json"] for name in BENCHMARKS}
    if keras:
        commands["training"] = ["training.py", "--json", "--keras-python", keras]
    for name, (file, *options) in commands.items():
        script = HERE / file
        print(f"running {script.name} ...", file=sys.stderr)
        printed = subprocess.run(
            [sys.executable, str(script), *options], stdout=subprocess.PIPE, check=True
        ).stdout
        lines += [
            f"## `benchmarks/{name}.py`",
            "",
            "| | ours | theirs | unit | ratio | target | |",
            "|---|---|---|---|---|---|---|",
            *(_row(json.loads(line)) for line in printed.splitlines()),
            "",
        ]
    lines.append(NOTES.read_text(encoding="utf-8"))
    (HERE.parent / "docs" / "performance.md").write_text("\n".join(lines), encoding="utf-8")


def _row(row: dict[str, object]) -> str:
    ratio, target = float(str(row["ratio"])), float(str(row["target"]))
    met = ("met" if ratio >= target else "not met") if target else ""
    cells = [*(row[key] for key in ("name", "ours", "theirs", "unit", "ratio")), target or "", met]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    main()
