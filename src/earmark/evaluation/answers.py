"""What a model said of labelled tracks: plain arrays that every metric takes, and their CSV file.

The file has a row per answer and a column `OUTPUT=LABEL` per score. Scores are written so that they
are read back bit for bit; the truth is a label, a list of tags (JSON) or a number.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import OutputKind
from earmark.datasets import Track
from earmark.errors import EarmarkError
from earmark.splits.groups import key

Array = NDArray[Any]

_HEAD = ["output", "kind", "track", "artist", "clip", "truth"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model said of labelled tracks, for one output.

    Attributes:
        output: the question.
        kind: what its answers are.
        labels: the possible answers; the output's own name for a number.
        tracks: id of each row's track.
        artists: who plays it, where that is known.
        clips: number of each row's clip within its track; 0 where the track was judged whole.
        truth: index of the label [shape=(rows,)], 0 or 1 per tag [shape=(rows, labels)], or the
            number [shape=(rows,)].
        scores: probabilities [shape=(rows, labels)], or the predicted number [shape=(rows, 1)].

    Raises:
        ValueError: there are no rows, lengths or shapes do not agree, a score is not finite, or a
            truth is impossible.
    """

    output: str
    kind: OutputKind
    labels: tuple[str, ...]
    tracks: tuple[str, ...]
    artists: tuple[str | None, ...]
    clips: tuple[int, ...]
    truth: Array
    scores: NDArray[np.float64]

    def __post_init__(self) -> None:
        truth = np.asarray(self.truth, np.float64 if self.kind == "number" else np.int64)
        scores = np.asarray(self.scores, np.float64)
        object.__setattr__(self, "truth", truth)
        object.__setattr__(self, "scores", scores)
        rows = len(self.tracks)
        if rows == 0:
            raise ValueError(f"{self.output}: no answers")
        if not rows == len(self.artists) == len(self.clips) == len(truth) == len(scores):
            raise ValueError(f"{self.output}: tracks, artists, clips, truth or scores are missing")
        expected = (rows, len(self.labels))
        if scores.shape != expected or truth.shape != (
            expected if self.kind == "tags" else (rows,)
        ):
            raise ValueError(
                f"{self.output}: scores {scores.shape} and truth {truth.shape} are not those of "
                f"{rows} rows and {len(self.labels)} labels"
            )
        if not (np.isfinite(scores).all() and np.isfinite(truth).all()):
            raise ValueError(f"{self.output}: not every score is a finite number")
        highest = {"classes": len(self.labels) - 1, "tags": 1}.get(self.kind)
        if highest is not None and not (truth.min() >= 0 and truth.max() <= highest):
            raise ValueError(f"{self.output}: the truth holds what is no label")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.tracks)

    @property
    def given(self) -> NDArray[np.int64]:
        """Index of the likeliest label [shape=(rows,)], the first of equals."""
        given: NDArray[np.int64] = self.scores.argmax(axis=1)
        return given

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the likeliest label is the true one [shape=(rows,)]; for classes."""
        right: NDArray[np.bool_] = self.given == self.truth
        return right

    @property
    def groups(self) -> NDArray[np.int64]:
        """Number of each row's artist, or of its track where no artist is known [shape=(rows,)].

        Rows of one group may be alike, so they are not independent draws.
        """
        names = {
            row: key(track, "artist") or key(track, "track")
            for row in set(zip(self.tracks, self.artists, strict=True))
            for track in [Track(id=row[0], path=Path(row[0]), artist=row[1])]
        }
        numbers = {name: i for i, name in enumerate(sorted({str(n) for n in names.values()}))}
        rows = zip(self.tracks, self.artists, strict=True)
        return np.array([numbers[str(names[row])] for row in rows], np.int64)

    def rows(self, chosen: Array) -> Answers:
        """Some of the rows: their indices, in that order, or a mask."""
        indices = np.arange(len(self))[chosen]
        return replace(
            self,
            tracks=tuple(self.tracks[i] for i in indices),
            artists=tuple(self.artists[i] for i in indices),
            clips=tuple(self.clips[i] for i in indices),
            truth=self.truth[indices],
            scores=self.scores[indices],
        )

    def per_track(self) -> Answers:
        """One row per track, in order of first appearance: scores are the mean over its clips.

        Raises:
            ValueError: clips of one track have different truths.
        """
        numbers: dict[str, int] = {}
        of_row = np.array([numbers.setdefault(track, len(numbers)) for track in self.tracks])
        counts = np.bincount(of_row)
        first = np.full(len(numbers), len(self))
        np.minimum.at(first, of_row, np.arange(len(self)))
        if not np.array_equal(self.truth, self.truth[first][of_row]):
            raise ValueError(f"{self.output}: clips of one track have different truths")
        sums = np.zeros((len(numbers), len(self.labels)))
        np.add.at(sums, of_row, self.scores)
        whole = replace(self.rows(first), scores=sums / counts[:, None])
        return replace(whole, clips=(0,) * len(whole))

    @classmethod
    def joined(cls, parts: Iterable[Answers]) -> Answers:
        """The answers of several folds as one.

        Raises:
            ValueError: there are none, they answer different questions, or a clip stands in two.
        """
        parts = list(parts)
        if not parts:
            raise ValueError("no answers to join")
        if len({(part.output, part.kind, part.labels) for part in parts}) > 1:
            raise ValueError("answers to different questions cannot be joined")
        names = Counter(row for part in parts for row in zip(part.tracks, part.clips, strict=True))
        (track, clip), times = names.most_common(1)[0]
        if times > 1:
            raise ValueError(f"clip {clip} of {track} was judged {times} times")
        return replace(
            parts[0],
            tracks=tuple(track for part in parts for track in part.tracks),
            artists=tuple(artist for part in parts for artist in part.artists),
            clips=tuple(clip for part in parts for clip in part.clips),
            truth=np.concatenate([part.truth for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
        )


def write_answers(path: Path, answers: Sequence[Answers]) -> None:
    """Write answers to one or more outputs.

    Raises:
        OSError: the file cannot be written.
        ValueError: two have the same output, or its name holds "=".
    """
    outputs = [part.output for part in answers]
    if len(set(outputs)) < len(outputs) or any("=" in output for output in outputs):
        raise ValueError(f"answers to {outputs} cannot be told apart in a file")
    columns = [f"{part.output}={label}" for part in answers for label in part.labels]
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_HEAD, *columns])
        before = 0
        for part in answers:
            after = len(columns) - before - len(part.labels)
            rows = zip(
                part.tracks, part.artists, part.clips, part.truth, part.scores.tolist(), strict=True
            )
            for track, artist, clip, truth, scores in rows:
                head = [part.output, part.kind, track, artist or "", clip, _written(part, truth)]
                cells = [""] * before + [repr(score) for score in scores] + [""] * after
                writer.writerow(head + cells)
            before += len(part.labels)


def read_answers(path: Path) -> dict[str, Answers]:
    """Answers by output, as `write_answers` wrote them.

    Raises:
        EarmarkError: the file cannot be read, or holds something else.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            header, *rows = csv.reader(file)
        if header[: len(_HEAD)] != _HEAD:
            raise ValueError("its columns are others")
        return {
            output: _read(output, header, [row for row in rows if row[0] == output])
            for output in dict.fromkeys(row[0] for row in rows)
        }
    except OSError as error:
        raise EarmarkError(f"{path}: {error.strerror or error}") from error
    except (ValueError, IndexError, csv.Error) as error:
        raise EarmarkError(f"{path}: not the predictions of a run: {error}") from error


def _read(output: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Answers:
    """The rows of one output.

    Raises:
        ValueError, IndexError: they are none.
    """
    columns = [
        i for i, name in enumerate(header) if i >= len(_HEAD) and name.startswith(f"{output}=")
    ]
    labels = tuple(header[i].removeprefix(f"{output}=") for i in columns)
    kinds: tuple[OutputKind, ...] = get_args(OutputKind)
    kind = kinds[kinds.index(rows[0][1])]
    return Answers(
        output=output,
        kind=kind,
        labels=labels,
        tracks=tuple(row[2] for row in rows),
        artists=tuple(row[3] or None for row in rows),
        clips=tuple(int(row[4]) for row in rows),
        truth=np.array([_understood(kind, labels, row[5]) for row in rows]),
        scores=np.array([[float(row[i]) for i in columns] for row in rows]),
    )


def _written(part: Answers, truth: Any) -> str:
    if part.kind == "classes":
        return part.labels[int(truth)]
    if part.kind == "tags":
        tags = [label for label, holds in zip(part.labels, truth, strict=True) if holds]
        return json.dumps(tags)
    return repr(float(truth))


def _understood(kind: OutputKind, labels: tuple[str, ...], text: str) -> Any:
    if kind == "classes":
        return labels.index(text)
    if kind == "tags":
        tags = set(json.loads(text))
        if not tags <= set(labels):
            raise ValueError(f"unknown tags {sorted(tags - set(labels))}")
        return [label in tags for label in labels]
    return float(text)
