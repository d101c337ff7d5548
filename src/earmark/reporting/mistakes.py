"""Which tracks a model gets wrong, the surest mistakes first, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from earmark.evaluation.answers import Answers
from earmark.page import table, text
from earmark.reporting.figures import number, percent

_SHOWN = 25
_FEWEST = 3  # tracks of an artist, for a share of them to say something


def mistakes(answers: Answers) -> Iterator[str]:
    """The worst mistakes as a section of a page."""
    sections = {"classes": _of_classes, "tags": _of_tags, "number": _of_numbers}
    yield "<section id=mistakes><h2>Worst mistakes</h2>"
    yield from sections[answers.kind](answers)
    yield "</section>"


def _of_classes(answers: Answers) -> Iterator[str]:
    rows = np.arange(len(answers))
    given, scores = answers.given, answers.scores
    surplus = scores[rows, given] - scores[rows, answers.truth]
    wrong = [i for i in np.argsort(-surplus, kind="stable") if not answers.right[i]]
    yield (
        f"<p>{len(wrong)} of {len(answers)} tracks are wrong. First those of which the model was "
        "surest; a doubtful label in the data stands here, too.</p>"
    )
    cells = (
        [
            _named(answers, i),
            text(answers.labels[answers.truth[i]]),
            percent(float(scores[i, answers.truth[i]])),
            text(answers.labels[given[i]]),
            percent(float(scores[i, given[i]])),
        ]
        for i in wrong[:_SHOWN]
    )
    if wrong:
        heads = ["track", "true label", "its probability", "answer", "its probability"]
        yield from table("Worst mistakes", heads, cells)


def _of_tags(answers: Answers) -> Iterator[str]:
    off = np.abs(answers.truth - answers.scores)
    order = np.argsort(-off, axis=None, kind="stable")[:_SHOWN]
    yield "<p>Tags that were said of a track with the most confidence and are not there, or that "
    yield "are there and were held for the least likely.</p>"
    cells = (
        [
            _named(answers, i),
            text(answers.labels[j]),
            "yes" if answers.truth[i, j] else "no",
            percent(float(answers.scores[i, j])),
        ]
        for i, j in (divmod(int(place), len(answers.labels)) for place in order)
    )
    yield from table("Worst mistakes", ["track", "tag", "true", "probability"], cells)


def _of_numbers(answers: Answers) -> Iterator[str]:
    predicted = answers.scores[:, 0]
    order = np.argsort(-np.abs(answers.truth - predicted), kind="stable")[:_SHOWN]
    cells = (
        [_named(answers, i), number(float(answers.truth[i])), number(float(predicted[i]))]
        for i in order
    )
    yield from table("Worst mistakes", ["track", "true", "predicted"], cells)


def artists(answers: Answers) -> Iterator[str]:
    """How often the model is right about each artist of several tracks, the worst first."""
    found: dict[int, list[int]] = {}
    for row, group in enumerate(answers.groups.tolist()):
        if answers.artists[row] is not None:
            found.setdefault(group, []).append(row)
    several = [rows for rows in found.values() if len(rows) >= _FEWEST]
    if not several:
        return
    right = answers.right
    several.sort(key=lambda rows: (float(right[rows].mean()), -len(rows)))
    yield "<section id=artists><h2>Artist by artist</h2>"
    yield (
        f"<p>{len(several)} of {len(found)} artists have {_FEWEST} tracks or more. Where these are "
        "right or wrong together, tracks are no independent draws.</p><details><summary>Show them, "
        "the worst first</summary>"
    )
    cells = (
        [text(str(answers.artists[rows[0]])), str(len(rows)), percent(float(right[rows].mean()))]
        for rows in several
    )
    yield from table("Artist by artist", ["artist", "tracks", "right"], cells)
    yield "</details></section>"


def _named(answers: Answers, row: int) -> str:
    artist = answers.artists[row]
    by = f" <span class=quiet>{text(artist)}</span>" if artist else ""
    return f"<span class=name>{text(answers.tracks[row])}</span>{by}"
