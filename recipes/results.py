"""Write the built-in model's part of docs/results.md: `python recipes/results.py RUN...`.

Everything in the table is read from the runs' bundles; nothing is typed by hand. The rest of the
page stays as it is; `earmark reproduce --gather` writes the papers' part.
"""

from __future__ import annotations

import shlex
import statistics
import sys
from pathlib import Path
from typing import Any

from earmark.bundle import read_bundle
from earmark.papers.gathering import with_region

RESULTS = Path(__file__).parent.parent / "docs" / "results.md"


def main(runs: list[Path]) -> None:
    """Write the table of these runs."""
    manifests = [read_bundle(run / "bundle").manifest for run in runs]
    accuracies = [_valid(manifest)["per_track"]["accuracy"] for manifest in manifests]
    command = "python recipes/results.py " + shlex.join(run.as_posix() for run in runs)
    lines = [
        "## The built-in model",
        "",
        f"Written by `{command}`.",
        "",
        "Genre of GTZAN's fault-filtered, artist-disjoint valid list, judged by the tagger's own",
        "path. The epoch with the lowest valid loss was kept, and the recipe was chosen on this",
        "list, so expect a little less on music that played no part. Intervals are Wilson's, 95 %.",
        "",
        "| seed | tracks | accuracy | interval | epoch | temperature | train tracks "
        "| train split | valid split |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(manifest) for manifest in manifests),
        "",
        f"Mean of {len(runs)} seeds: **{statistics.mean(accuracies):.1%}**.",
        "",
        "Recall by genre, mean of the seeds:",
        "",
        *_recalls(manifests),
        "",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in manifests[0]["versions"].items()) + ".",
        "",
    ]
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n"
    after = with_region(before, "the built-in model", "\n".join(lines))
    RESULTS.write_text(after, encoding="utf-8")


def _row(manifest: dict[str, Any]) -> str:
    valid = _valid(manifest)
    found = valid["per_track"]
    low, high = found["accuracy_interval"]
    train, judged = manifest["data"]["train"], manifest["data"]["valid"]
    cells = [
        manifest["seed"],
        valid["n_tracks"],
        f"{found['accuracy']:.1%}",
        f"{low:.1%} to {high:.1%}",
        manifest["epoch"],
        f"{manifest['outputs']['genre']['temperature']:.2f}",
        train["n_tracks"],
        f"`{train['split_checksum'][:12]}`",
        f"`{judged['split_checksum'][:12]}`",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _valid(manifest: dict[str, Any]) -> Any:
    return manifest["metrics"]["valid"]["outputs"]["genre"]


def _recalls(manifests: list[dict[str, Any]]) -> list[str]:
    tables = [
        {label: about["recall"] for label, about in _valid(m)["per_track"]["per_label"].items()}
        for m in manifests
    ]
    labels = list(tables[0])
    # A label without tracks has no recall.
    means = [
        "–" if tables[0][label] is None else f"{statistics.mean(t[label] for t in tables):.0%}"
        for label in labels
    ]
    return [
        "| " + " | ".join(labels) + " |",
        "|" + "---|" * len(labels),
        "| " + " | ".join(means) + " |",
    ]


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
