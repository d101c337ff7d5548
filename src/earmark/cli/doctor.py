"""`earmark doctor`: examine data sets and a split, print what was found, write it as a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from earmark.cli.messages import printable
from earmark.cli.output import try_to_write, write_text
from earmark.cli.progress import progress_bar
from earmark.crew import available_cores
from earmark.datasets import open_dataset, parse_data_option
from earmark.doctor import diagnose
from earmark.doctor.report import as_text


def run(
    datasets: Sequence[str],
    *,
    split: Path | None,
    html: Path | None,
    json_file: Path | None,
    jobs: int | None,
) -> None:
    """Diagnose, report, and end the process with the exit code."""
    opened = [open_dataset(*parse_data_option(text)) for text in datasets]
    for path in (html, json_file):
        try_to_write(path)  # before the work, which may take hours
    with ExitStack() as bar:

        def progress(total: int) -> Callable[[], None]:
            return bar.enter_context(progress_bar(total, "tracks"))

        diagnosis = diagnose(opened, split=split, jobs=jobs or available_cores(), progress=progress)
    if json_file is not None:
        text = json.dumps(diagnosis.to_dict(), indent=2) + "\n"
        write_text(json_file, text)
    if html is not None:
        from earmark.doctor.page import as_html

        write_text(html, as_html(diagnosis))
    for line in as_text(diagnosis):
        sys.stdout.write(f"{printable(line)}\n")
    sys.stdout.flush()
    sys.exit(1 if diagnosis.leaks else 0)
