"""`earmark tag`: one row per file, written as results come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from earmark.batch import Outcome, judge_files
from earmark.cli.formats import TagFormat
from earmark.cli.messages import complain, discard_stdout, printable, say
from earmark.cli.progress import progress_bar
from earmark.cli.questions import read_questions
from earmark.cli.rows import CsvRows, JsonRows, Rows
from earmark.cli.tag_table import TableRows
from earmark.crew import available_cores
from earmark.files import find_audio


def run(
    paths: Sequence[Path],
    *,
    format: TagFormat,
    model: Path | None,
    jobs: int | None,
    whole: bool,
    timeline: bool,
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
    questions = read_questions(model)
    # A table asks only what it shows; but where music changes, all answers together say.
    few = format is TagFormat.TABLE and not timeline
    outcomes = judge_files(
        files,
        model=model,
        outputs=questions.shown if few else None,
        jobs=jobs or available_cores(),
        whole=whole,
        timeline=timeline,
    )

    def rows(stream: TextIO) -> Rows:
        if format is TagFormat.JSON:
            return JsonRows(questions)
        if format is TagFormat.CSV:
            return CsvRows(questions, timeline=timeline)
        return TableRows(files, stream, questions, timeline=timeline)

    try:
        with closing(outcomes):
            _write(outcomes, rows, out, tally)
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
    rows_for: Callable[[TextIO], Rows],
    out: Path | None,
    tally: _Tally,
) -> None:
    """Write each outcome as it comes, flushed, so that nothing done is lost."""
    with (
        nullcontext()
        if out is None
        else out.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    ) as file:
        rows = rows_for(file or sys.stdout)
        header = rows.header()
        with progress_bar(tally.files, "files") as advance:
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
