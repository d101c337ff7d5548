"""How `earmark tag` writes an outcome: as a row to read, a JSON object, or a CSV line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from earmark.batch import Outcome
from earmark.cli.messages import printable, styled
from earmark.prediction import Prediction, Window

_SHOWN = 3  # labels named in a table or CSV row
_RIGHT_COLUMNS = 58  # what a table row takes beside the path


class Rows(Protocol):
    """A way to write outcomes."""

    def header(self) -> str:
        """What comes before the first row; may be empty."""

    def row(self, outcome: Outcome) -> str:
        """One outcome, line break included."""


class TableRows:
    """Aligned rows for people: path, duration, the three likeliest labels of one output."""

    def __init__(self, paths: Sequence[Path], stream: TextIO, output: str = "genre") -> None:
        self._stream, self._output = stream, output
        longest = max((_width(printable(path)) for path in paths), default=4)
        if stream.isatty():
            room = shutil.get_terminal_size().columns - _RIGHT_COLUMNS
            longest = min(longest, max(20, room))
        self._width = longest

    def header(self) -> str:
        """Column titles."""
        return styled(
            f"{'path':{self._width}}  {'length':>8}  {self._output}\n", "dim", self._stream
        )

    def row(self, outcome: Outcome) -> str:
        """Path, duration and labels; a file that could not be judged says so."""
        path = self._fitted(printable(outcome.path))
        prediction = outcome.prediction
        if prediction is None:
            return f"{path}  {'–':>8}  {styled('not judged', 'red', self._stream)}\n"
        shown = list(prediction.outputs[self._output].items())[:_SHOWN]
        number = _is_number(prediction, self._output)
        cells = [f"{k} {v:.2f}" if number else f"{k} {v:.0%}" for k, v in shown]
        cells[0] = styled(f"{cells[0]:16}", "bold", self._stream)
        return f"{path}  {_clock(prediction.duration_seconds):>8}  {'  '.join(cells)}\n"

    def _fitted(self, text: str) -> str:
        if _width(text) > self._width:  # the end of a path says more than its beginning
            while _width(text) >= self._width:
                text = text[1:]
            text = "…" + text
        return text + " " * (self._width - _width(text))


class JsonRows:
    """One JSON object per line, in ASCII, so that any file name survives."""

    def __init__(self, output: str = "genre") -> None:
        self._output = output

    def header(self) -> str:
        """Nothing."""
        return ""

    def row(self, outcome: Outcome) -> str:
        """The object with path, status, duration_seconds, genre, windows, warnings, error."""
        return json.dumps(as_json(outcome, self._output)) + "\n"


class CsvRows:
    """Comma-separated lines (RFC 4180) with a header."""

    def __init__(self, output: str = "genre") -> None:
        self._output = output

    def header(self) -> str:
        """Column names."""
        kinds = (self._output, "probability")
        answers = [f"{kind}_{i}" for i in range(1, _SHOWN + 1) for kind in kinds]
        return _csv_line(["path", "status", "duration_seconds", *answers, "warnings", "error"])

    def row(self, outcome: Outcome) -> str:
        """One line; the cells of what is not known are empty."""
        prediction = outcome.prediction
        if prediction is None:
            return _csv_line([outcome.path, "error", *[""] * (2 + 2 * _SHOWN), outcome.error])
        answers = [
            cell
            for label, probability in list(prediction.outputs[self._output].items())[:_SHOWN]
            for cell in (label, f"{probability:.4f}")
        ]
        answers += [""] * (2 * _SHOWN - len(answers))
        duration = f"{prediction.duration_seconds:.2f}"
        return _csv_line(
            [outcome.path, "ok", duration, *answers, "; ".join(prediction.warnings), ""]
        )


def as_json(outcome: Outcome, output: str = "genre") -> dict[str, Any]:
    """An outcome as one JSON object, with every output; `output` alone, where there is none."""
    prediction = outcome.prediction
    if prediction is None:
        return {
            "path": str(outcome.path),
            "status": "error",
            "duration_seconds": None,
            output: [],
            "windows": [],
            "warnings": [],
            "error": outcome.error,
        }
    return {
        "path": str(outcome.path),
        "status": "ok",
        "duration_seconds": round(prediction.duration_seconds, 3),
        **_answers(prediction),
        "windows": [
            {
                "start_seconds": round(window.start_seconds, 3),
                "duration_seconds": round(window.duration_seconds, 3),
                **_answers(window),
            }
            for window in prediction.windows
        ],
        "warnings": list(prediction.warnings),
        "error": None,
    }


def _answers(judged: Prediction | Window) -> dict[str, Any]:
    return {
        output: round(answer[output], 6)
        if _is_number(judged, output)
        else [{"label": k, "probability": round(v, 6)} for k, v in answer.items()]
        for output, answer in judged.outputs.items()
    }


def _is_number(judged: Prediction | Window, output: str) -> bool:
    return list(judged.outputs.get(output, ())) == [output]


def _csv_line(cells: Sequence[object]) -> str:
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # quotes cells that hold either
    return line.getvalue().removesuffix("\r\n") + "\n"


def _clock(seconds: float) -> str:
    """Seconds as 3:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
