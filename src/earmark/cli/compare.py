"""`earmark compare`: runs side by side, as text, Markdown, JSON or a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from earmark.cli.formats import ComparisonFormat
from earmark.cli.messages import printable
from earmark.cli.output import try_to_write, write_result, write_text
from earmark.reporting.comparison import (
    HEAD,
    TAIL,
    compare,
    head,
    measured,
    remarks,
    sentence,
    tail,
    titles,
)
from earmark.reporting.runs import read_run

_WORDS = 4  # columns that hold words, and so are set to the left


def run(
    folders: Sequence[Path],
    *,
    output: str | None,
    format: ComparisonFormat,
    out: Path | None,
    html: Path | None,
) -> None:
    """Compare, and write the result."""
    try_to_write(html)
    runs = [read_run(folder) for folder in folders]
    about = compare(runs, output)
    if html is not None:
        from earmark.reporting.comparison_page import as_html

        write_text(html, as_html(about, runs))
    if format is ComparisonFormat.JSON:
        write_result(json.dumps(about, indent=2) + "\n", out)
    else:
        write_result((as_table if format is ComparisonFormat.TABLE else as_markdown)(about), out)


def as_table(about: Mapping[str, Any]) -> str:
    """The comparison as aligned text."""
    rows = [[printable(cell) for cell in row] for row in _rows(about)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            f"{cell:<{width}}" if i < _WORDS else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if about["pairs"]:
        lines += ["", *(printable(sentence(found)) for found in about["pairs"])]
    if notes := remarks(about):
        lines += ["", *notes]
    return "\n".join(lines) + "\n"


def as_markdown(about: Mapping[str, Any]) -> str:
    """The comparison as a Markdown table, with the pairs as a list."""
    heads, *rows = _rows(about)
    align = [":--" if i < _WORDS else "--:" for i in range(len(heads))]
    rows = [heads, align, *rows]
    lines = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows]
    if about["pairs"]:
        lines += ["", *(f"- {_escaped(sentence(found))}" for found in about["pairs"])]
    if notes := remarks(about):
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _rows(about: Mapping[str, Any]) -> list[list[str]]:
    heads = [*HEAD, *titles(about["kind"]), *TAIL]
    return [heads, *([*head(row), *measured(row), *tail(row)] for row in about["runs"])]


def _escaped(cell: str) -> str:
    return printable(cell).replace("|", "\\|")
