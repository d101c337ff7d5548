"""Run every benchmark and write docs/performance.md: `python benchmarks/report.py`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = ("log_mel", "features", "extract", "doctor", "tag")
NOTES = HERE / "performance-notes.md"


def main() -> None:
    """Run, and write the tables with what is known of the machine."""
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/report.py`. Ours and theirs ran in turn, one thread each "
        "unless the row says otherwise; times are medians. Ratios are theirs / ours and carry over "
        "to other machines; times do not.",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}.",
        "",
    ]
    for name in BENCHMARKS:
        script = HERE / f"{name}.py"
        print(f"running {script.name} ...", file=sys.stderr)
        printed = subprocess.run(
            [sys.executable, str(script), "--json"], stdout=subprocess.PIPE, check=True
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
