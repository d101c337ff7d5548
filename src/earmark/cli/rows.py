"""How `earmark tag` writes an outcome for programs: as a JSON object, or as CSV lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from earmark.batch import Outcome
from earmark.cli.questions import Question, Questions
from earmark.prediction import Prediction, Window

_RANKED = 3  # labels of the main question in a CSV line


class Rows(Protocol):
    """A way to write outcomes."""

    def header(self) -> str:
        """What comes before the first row; may be empty."""

    def row(self, outcome: Outcome) -> str:
        """One outcome, line breaks included."""


class JsonRows:
    """One JSON object per line, in ASCII, so that any file name survives."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    def header(self) -> str:
        """Nothing."""
        return ""

    def row(self, outcome: Outcome) -> str:
        """The object, as `as_json` makes it."""
        return json.dumps(as_json(outcome, self._questions)) + "\n"


class CsvRows:
    """Comma-separated lines (RFC 4180) with a header; its columns depend on the model alone.

    With a timeline every file has a line for itself, and then one for each of its segments and
    steps; the column `part` says which.
    """

    def __init__(self, questions: Questions, *, timeline: bool = False) -> None:
        self._questions, self._timeline = questions, timeline

    def header(self) -> str:
        """Column names."""
        place = ["part", "start_seconds"] if self._timeline else []
        answers = [name for question in self._questions.all for name in self._columns(question)]
        return _csv_line(
            ["path", "status", *place, "duration_seconds", *answers, "unknown", "warnings", "error"]
        )

    def row(self, outcome: Outcome) -> str:
        """The lines of one file; the cells of what is not known are empty."""
        prediction, path = outcome.prediction, outcome.path
        if prediction is None:
            place = ["file", ""] if self._timeline else []
            blank = self._answers(Window(0, 0, {}))
            return _csv_line([path, "error", *place, "", *blank, "", outcome.error])
        warnings = "; ".join(prediction.warnings)
        if not self._timeline:
            seconds = f"{prediction.duration_seconds:.2f}"
            return _csv_line([path, "ok", seconds, *self._answers(prediction), warnings, ""])
        whole = Window(0.0, prediction.duration_seconds, prediction.outputs, prediction.unknown)
        lines = [("file", whole, warnings)]
        if outcome.timeline is not None:
            lines += [("segment", segment, "") for segment in outcome.timeline.segments]
            lines += [("step", step, "") for step in outcome.timeline.steps]
        return "".join(
            _csv_line(
                [
                    path, "ok", part, f"{window.start_seconds:.2f}",
                    f"{window.duration_seconds:.2f}", *self._answers(window), note, "",
                ]
            )
            for part, window, note in lines
        )  # fmt: skip

    def _ranks(self, question: Question) -> int:
        """How many labels of a question have columns."""
        return min(_RANKED, len(question.labels)) if question == self._questions.main else 1

    def _columns(self, question: Question) -> Iterator[str]:
        if question.number:
            yield question.name
            return
        for rank in range(1, self._ranks(question) + 1):
            name = question.name if rank == 1 else f"{question.name}_{rank}"
            yield from (name, f"{name}_probability")

    def _answers(self, judged: Prediction | Window) -> list[str]:
        """The cells of all answers, and why there are none."""
        cells: list[str] = []
        for question in self._questions.all:
            answer = {} if judged.unknown is not None else judged.outputs.get(question.name, {})
            if question.number:
                cells += [f"{value:.4f}" for value in answer.values()] or [""]
                continue
            ranked = list(answer.items())[: self._ranks(question)]
            cells += [cell for label, share in ranked for cell in (label, f"{share:.4f}")]
            cells += [""] * 2 * (self._ranks(question) - len(ranked))
        return [*cells, judged.unknown or ""]


def as_json(outcome: Outcome, questions: Questions) -> dict[str, Any]:
    """An outcome as one JSON object: path, status, length, every answer, windows, warnings, error.

    Where nothing is known the answers are empty lists, and null for numbers.
    """
    prediction, timeline = outcome.prediction, outcome.timeline
    if prediction is None:
        return {
            "path": str(outcome.path),
            "status": "error",
            "duration_seconds": None,
            **_answers(Window(0, 0, {}), questions),
            "windows": [],
            "warnings": [],
            "error": outcome.error,
        }
    about = {
        "path": str(outcome.path),
        "status": "ok",
        "duration_seconds": round(prediction.duration_seconds, 3),
        **_answers(prediction, questions),
        "windows": [_window(window, questions) for window in prediction.windows],
        "warnings": list(prediction.warnings),
        "error": None,
    }
    if timeline is not None:
        about["timeline"] = {
            "change_points": [round(point, 3) for point in timeline.change_points],
            "segments": [_window(window, questions) for window in timeline.segments],
            "steps": [_window(window, questions) for window in timeline.steps],
        }
    return about


def _window(window: Window, questions: Questions) -> dict[str, Any]:
    return {
        "start_seconds": round(window.start_seconds, 3),
        "duration_seconds": round(window.duration_seconds, 3),
        **_answers(window, questions),
    }


def _answers(judged: Prediction | Window, questions: Questions) -> dict[str, Any]:
    """Every answer by its question, and why there is none."""
    outputs = {} if judged.unknown is not None else judged.outputs
    answers: dict[str, Any] = {}
    for question in questions.all:
        answer = outputs.get(question.name, {})
        if question.number:
            answers[question.name] = round(answer[question.name], 6) if answer else None
        else:
            answers[question.name] = [
                {"label": label, "probability": round(share, 6)} for label, share in answer.items()
            ]
    return {**answers, "unknown": judged.unknown}


def _csv_line(cells: Sequence[object]) -> str:
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # quotes cells that hold either
    return line.getvalue().removesuffix("\r\n") + "\n"
