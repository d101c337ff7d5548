"""How `earmark tag` writes an outcome for people: an aligned row, and one for each segment."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from earmark.batch import Outcome
from earmark.cli.messages import printable, styled
from earmark.cli.questions import Question, Questions
from earmark.prediction import Prediction, Window

_SHOWN = 3  # labels named in a row
_LONGEST_LABEL = 16
_LENGTH_WIDTH = 8  # of 10:00:00
_LEAST_PATH = 16  # columns of a terminal that a path gets before labels do


class TableRows:
    """Aligned rows: path, length, the likeliest genres and mood; segments stand below their file.

    On a terminal a row keeps to one line: paths lose their beginning, and where that is not
    enough, the less likely genres are left out, and then the mood.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        stream: TextIO,
        questions: Questions,
        *,
        timeline: bool = False,
    ) -> None:
        self._stream = stream
        self._main, self._second = questions.main, questions.second
        self._ranks = min(_SHOWN - (self._second is not None), len(self._main.labels))
        longest = max((_width(printable(path)) for path in paths), default=4)
        self._path = max(longest, len("path"), 7 if timeline else 0)  # 1:00:00–1:00:05 fits too
        self._room: int | None = None
        if stream.isatty():
            columns = shutil.get_terminal_size().columns
            least = min(_LEAST_PATH, self._path)
            while self._ranks > 1 and columns - self._right < least:
                self._ranks -= 1
            if columns - self._right < least:
                self._second = None
            self._path = min(self._path, max(least, columns - self._right))
            self._room = max(1, columns - self._left)

    @property
    def _left(self) -> int:
        """Columns before the answers."""
        return self._path + 2 + _LENGTH_WIDTH + 2

    @property
    def _right(self) -> int:
        """Columns beside the path, with the gaps."""
        second = 0 if self._second is None else 2 + _cell_width(self._second)
        return 2 + _LENGTH_WIDTH + 2 + self._main_width + second

    @property
    def _main_width(self) -> int:
        return self._ranks * (_cell_width(self._main) + 2) - 2

    def header(self) -> str:
        """Column titles."""
        titles = f"{'path':{self._path}}  {'length':>{_LENGTH_WIDTH}}  {self._main.name}"
        if self._second is not None:
            gap = self._main_width - len(self._main.name)
            titles += " " * max(2, gap + 2) + self._second.name
        return styled(titles + "\n", "dim", self._stream)

    def row(self, outcome: Outcome) -> str:
        """Path, length and answers; a file that could not be judged says so."""
        path = _padded(_shortened(printable(outcome.path), self._path), self._path)
        prediction = outcome.prediction
        if prediction is None:
            return f"{path}  {'–':>{_LENGTH_WIDTH}}  {styled('not judged', 'red', self._stream)}\n"
        length = clock(prediction.duration_seconds)
        lines = [f"{path}  {length:>{_LENGTH_WIDTH}}  {self._answers(prediction)}\n"]
        for segment in outcome.timeline.segments if outcome.timeline else ():
            end = segment.start_seconds + segment.duration_seconds
            span = f"{clock(segment.start_seconds)}–{clock(end)}"
            lines.append(f"{span:>{self._left - 2}}  {self._answers(segment)}\n")
        return "".join(lines)

    def _answers(self, judged: Prediction | Window) -> str:
        if judged.unknown is not None:
            text = f"unknown ({printable(judged.unknown)})"
            return styled(_cut(text, self._room), "yellow", self._stream)
        cells = _cells(self._main, judged.outputs[self._main.name], self._ranks)
        cells[0] = styled(cells[0], "bold", self._stream)
        if self._second is not None:
            cells += _cells(self._second, judged.outputs[self._second.name], 1)
        return "  ".join(cells).rstrip()


def clock(seconds: float) -> str:
    """Seconds as 3:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _cells(question: Question, answer: Mapping[str, float], ranks: int) -> list[str]:
    """The likeliest labels of an answer with their shares, each in a cell of the same width."""
    form = ".2f" if question.number else ".0%"
    return [
        _padded(f"{_cut(printable(label), _LONGEST_LABEL)} {share:{form}}", _cell_width(question))
        for label, share in list(answer.items())[:ranks]
    ]


def _cell_width(question: Question) -> int:
    """Of the longest label and 100% after it."""
    longest = max(_width(printable(label)) for label in question.labels)
    return min(longest, _LONGEST_LABEL) + 5


def _shortened(text: str, width: int) -> str:
    """A path that keeps its end, which says more than its beginning."""
    if _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[1:]
    return "…" + text


def _cut(text: str, width: int | None) -> str:
    """A text that keeps its beginning; all of it if there is no limit."""
    if width is None or _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[:-1]
    return text + "…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
