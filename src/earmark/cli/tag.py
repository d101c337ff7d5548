"""`earmark tag`: one row per file, written as results come."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from earmark.batch import Outcome, judge_files
from earmark.cli.formats import TagFormat
from earmark.cli.messages import complain, discard_stdout, printable, say
from earmark.cli.progress import progress_bar
from earmark.cli.rows import CsvRows, JsonRows, Rows, TableRows
from earmark.crew import available_cores
from earmark.files import find_audio


def run(
    paths: Sequence[Path],
    *,
    format: TagFormat,
    model: Path | None,
    jobs: int | None,
    whole: bool,
    out: Path | None,
) -> None:
    """Judge files and folders and write a row for each; ends the process with the exit code."""
    files: list[Path] = []
    for path in paths:
        found = list(find_audio([path]))
        if not found:
            complain(f"no audio files in {path}")
        files += found
    if not files:
        sys.exit(1)
    tally = _Tally(len(files))
    outcomes = judge_files(files, model=model, jobs=jobs or available_cores(), whole=whole)
    try:
        with closing(outcomes):
            _write(outcomes, files, format, out, tally, _main_output(model))
    except KeyboardInterrupt:
        say(f"{tally}, stopped with {tally.left} left")
        sys.exit(130)
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{out or 'output'}: cannot be written: {error.strerror} ({tally})")
        if out is None:
            discard_stdout()
        sys.exit(1)
    say(str(tally))
    sys.exit(1 if tally.failed else 0)


@dataclass
class _Tally:
    files: int
    judged: int = 0
    failed: int = 0

    def count(self, outcome: Outcome) -> None:
        """Add an outcome."""
        if outcome.error is None:
            self.judged += 1
        else:
            self.failed += 1

    @property
    def left(self) -> int:
        return self.files - self.judged - self.failed

    def __str__(self) -> str:
        files = "1 file" if self.files == 1 else f"{self.files} files"
        return f"{files}: {self.judged} judged, {self.failed} failed"


def _write(
    outcomes: Generator[Outcome],
    files: Sequence[Path],
    format: TagFormat,
    out: Path | None,
    tally: _Tally,
    output: str,
) -> None:
    """Write each outcome as it comes, flushed, so that nothing done is lost."""
    with (
        nullcontext()
        if out is None
        else out.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    ) as file:
        rows = _rows(format, files, file or sys.stdout, output)
        header = rows.header()
        with progress_bar(len(files), "files") as advance:
            for outcome in outcomes:
                stream = file or sys.stdout  # looked up anew: a progress bar stands in for stdout
                tally.count(outcome)  # first: whoever reads the row may press Ctrl-C at once
                stream.write(header + rows.row(outcome))
                stream.flush()
                header = ""
                if outcome.error is not None:
                    complain(f"{outcome.path}: {outcome.error}")
                for warning in outcome.prediction.warnings if outcome.prediction else ():
                    say(printable(f"warning: {outcome.path}: {warning}"))
                advance()


def _rows(format: TagFormat, files: Sequence[Path], stream: TextIO, output: str) -> Rows:
    if format is TagFormat.JSON:
        return JsonRows(output)
    return CsvRows(output) if format is TagFormat.CSV else TableRows(files, stream, output)


def _main_output(model: Path | None) -> str:
    """The output that a row shows: genre, or the first of a model that does not answer it."""
    if model is None:
        return "genre"
    from earmark.bundle import read_bundle

    outputs = read_bundle(model).outputs
    return "genre" if "genre" in outputs else next(iter(outputs))
