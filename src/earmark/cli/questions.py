"""What a model answers, read from its bundle.json alone: a parent of workers needs no numpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_DEFAULT = Path(__file__).parents[1] / "models" / "default"


@dataclass(frozen=True)
class Question:
    """One output of a model.

    Attributes:
        name: what it is called.
        labels: the possible answers; a number's is its own name.
        number: whether the answer is a number.
    """

    name: str
    labels: tuple[str, ...]
    number: bool = False


@dataclass(frozen=True)
class Questions:
    """All outputs of a model, in the order of its bundle."""

    all: tuple[Question, ...]

    @property
    def main(self) -> Question:
        """What a row answers first: genre, or the first of a model that does not answer it."""
        return next((question for question in self.all if question.name == "genre"), self.all[0])

    @property
    def second(self) -> Question | None:
        """What a row answers beside that: mood, where a model answers both."""
        found = (q for q in self.all if q.name == "mood" and not q.number and q != self.main)
        return next(found, None)

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of those that a row for people answers."""
        return tuple(question.name for question in (self.main, self.second) if question)


def read_questions(model: Path | None) -> Questions:
    """The questions of a bundle, of the default one if no folder is given.

    Raises:
        BadBundle: the bundle cannot be used.
    """
    try:
        text = ((model or _DEFAULT) / "bundle.json").read_text(encoding="utf-8")
        found = tuple(
            Question(name, tuple(output["labels"]), output.get("kind") == "number")
            for name, output in json.loads(text)["outputs"].items()
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        found = ()
    if not found:
        from earmark.bundle import read_bundle

        read_bundle(model)  # says what is wrong, and where
    return Questions(found)
