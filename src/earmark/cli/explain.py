"""`earmark explain`: what in a file speaks for the answer, in words and as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from earmark.classifier import Classifier
from earmark.cli.formats import ReportFormat
from earmark.cli.messages import printable, say, styled
from earmark.cli.output import try_to_write, write_result, write_text
from earmark.crew import available_cores
from earmark.explain import Explanation, explain
from earmark.explain.report import as_text


def run(
    file: Path,
    *,
    html: Path | None,
    output: str | None,
    label: str | None,
    at_seconds: float | None,
    model: Path | None,
    format: ReportFormat,
    jobs: int | None,
) -> None:
    """Explain, print it, write the page, and end the process with the exit code."""
    try_to_write(html)  # before the work, which takes seconds
    found = explain(
        Classifier.load(model),
        file,
        output=output,
        label=label,
        at_seconds=at_seconds,
        threads=jobs or available_cores(),
    )
    for warning in found.warnings:
        say(f"{styled('warning:', 'yellow', sys.stderr)} {printable(f'{file}: {warning}')}")
    if html is not None:
        write_text(html, _page(found))
    if format is ReportFormat.JSON:
        text = json.dumps(found.to_dict(), indent=1) + "\n"
    else:
        text = "".join(f"{printable(line)}\n" for line in as_text(found))
    write_result(text, None)
    sys.exit(0)


def _page(found: Explanation) -> str:
    """The page, with the window to be heard."""
    from earmark.audio import load_audio
    from earmark.explain.page import as_html
    from earmark.media import RATE, as_mp3

    begin, end = found.window
    waveform = load_audio(found.path, rate=RATE, start_seconds=begin, duration_seconds=end - begin)
    return as_html(found, as_mp3(waveform))
