"""The study of classes: confusion matrices of sets of labels, beside those that a paper prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.evaluation.answers import Answers
from earmark.evaluation.classification import confusion_counts, precisions
from earmark.papers.base import Findings, Material, Way
from earmark.papers.liu2017_printed import PrintedTable
from earmark.papers.metrics import measure
from earmark.papers.studies.numbers import rounded, with_interval
from earmark.papers.studies.pictures import confusion_square
from earmark.papers.tables import as_markdown, interval_of
from earmark.reporting.matrices import Picture, as_file


@dataclass(frozen=True)
class Judged:
    """A system whose confusion matrix is shown.

    Attributes:
        system: its key.
        title: what it is called, and the heading of its picture.
        labels: in the order of rows and columns.
        printed: what the paper prints of the same labels.
        model: what the row of its numbers is called; its title if empty.
    """

    system: str
    title: str
    labels: tuple[str, ...]
    printed: tuple[PrintedTable, ...] = ()
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """A study of what is taken for what.

    Attributes:
        judged: the systems.
        ways: those that are read; the last is drawn.
        picture: what the names of the pictures' files begin with; nothing is drawn if empty.
        output: the question.
    """

    judged: tuple[Judged, ...]
    ways: tuple[Way, ...]
    picture: str = ""
    output: str = "genre"

    def run(self, material: Material) -> Findings:
        """Confusion, recall and precision in each way, over all seeds."""
        found = [self._found(material, each) for each in self.judged]
        pictures = dict(zip(self._names(), found, strict=True)) if self.picture else {}
        return Findings(
            text="\n\n".join(_text(found, list(pictures))),
            data={"sets": found},
            pictures={name: as_file(*squares(each)) for name, each in pictures.items()},
        )

    def _found(self, material: Material, each: Judged) -> dict[str, Any]:
        return {
            "system": each.system,
            "title": each.title,
            "model": each.model or each.title,
            "labels": list(each.labels),
            "ways": {
                way: _measured(
                    [
                        material.answers(each.system, way, seed)[self.output].per_track()
                        for seed in material.seeds
                    ],
                    each.labels,
                )
                for way in self.ways
            },
            "printed": [_printed(table, each.labels) for table in each.printed],
        }

    def _names(self) -> Iterator[str]:
        """A file name per system: by the number of its labels, which are seldom two of a kind."""
        seen: dict[int, int] = {}
        for each in self.judged:
            size = len(each.labels)
            seen[size] = seen.get(size, 0) + 1
            again = f"-{seen[size]}" if seen[size] > 1 else ""
            yield f"{self.picture}-{size}{again}.svg"


def squares(found: Mapping[str, Any]) -> list[Picture]:
    """The matrices of a set of labels: ours in the last way, then the paper's first."""
    way, ours = list(found["ways"].items())[-1]
    drawn = [confusion_square(found["labels"], ours["confusion"], f"ours, {way}")]
    for table in found["printed"][:1]:
        name = f"the paper's {table['model']}"
        drawn.append(confusion_square(found["labels"], table["confusion"], name))
    return drawn


def _measured(seeds: Sequence[Answers], labels: Sequence[str]) -> dict[str, Any]:
    """What is said of one system in one way: counts add up over the seeds."""
    order = np.array([seeds[0].labels.index(label) for label in labels])
    counts = [confusion_counts(part.truth, part.given, len(part.labels)) for part in seeds]
    confusion = np.sum(counts, axis=0)[np.ix_(order, order)]
    per_label = {}
    for label, index, precision in zip(labels, order, precisions(confusion), strict=True):
        rows = [part.rows(part.truth == index) for part in seeds if (part.truth == index).any()]
        per_label[label] = {
            "recall": measure("accuracy", "track", rows).to_dict() if rows else None,
            "precision": rounded(precision) if np.isfinite(precision) else None,
        }
    return {
        "accuracy": measure("accuracy", "track", seeds).to_dict(),
        "macro_f1": measure("macro_f1", "track", seeds).to_dict(),
        "confusion": confusion.tolist(),
        "per_label": per_label,
    }


def _printed(table: PrintedTable, labels: Sequence[str]) -> dict[str, Any]:
    order = [table.labels.index(label) for label in labels]
    return {
        "model": table.model,
        "where": table.where,
        "accuracy": rounded(table.accuracy),
        "confusion": [[table.confusion[i][j] for j in order] for i in order],
        "recall": {label: rounded(table.recall[label]) for label in labels},
    }


def _text(found: Sequence[Mapping[str, Any]], pictures: Sequence[str]) -> Iterator[str]:
    """The study as Markdown: a table per set of labels, then the matrices."""
    by_labels: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for each in found:
        by_labels.setdefault(tuple(each["labels"]), []).append(each)
    for labels, group in by_labels.items():
        lines = [line for each in group for line in _lines(each)]
        yield "\n".join(as_markdown(("", "accuracy (95 %)", *labels), list(dict.fromkeys(lines))))
    naive = "Wilson's of the naive way, and " if "naive" in found[0]["ways"] else ""
    yield (
        "Columns are recalls, the share of each label's tracks that are right. Intervals are "
        f"{naive}by bootstrap over artists without the leak."
    )
    for each, name in zip(found, pictures, strict=False):
        counts = list(each["ways"].values())[-1]["confusion"]
        rows = zip(each["labels"], counts, strict=True)
        yield f"### {each['title']}"
        yield f"![What is taken for what]({name})"
        yield "Tracks by true label (rows) and answer (columns), leak-free:"
        yield "\n".join(
            as_markdown(("", *each["labels"]), [(label, *map(str, row)) for label, row in rows])
        )


def _lines(each: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line per printed table, then one per way."""
    for table in each["printed"]:
        yield (
            f"the paper's {table['model']}, {table['where']}",
            f"{table['accuracy']:.1%}",
            *(_percent(recall) for recall in table["recall"].values()),
        )
    for way, ours in each["ways"].items():
        accuracy = ours["accuracy"]
        recalls = (row["recall"] for row in ours["per_label"].values())
        yield (
            f"{each['model']}, {way}",
            with_interval(accuracy["value"], interval_of(accuracy, way)),
            *(_percent(recall and recall["value"]) for recall in recalls),
        )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
