"""What members said of the judged tracks → what the blend says of them, and how sure it may be.

No track has a part in its own temperature: that which reports rest on is fitted on the other folds
of tracks, by artist. The temperature that the blend keeps is fitted on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from earmark.blending.recipe import Answering, BlendRecipe
from earmark.blending.training import Taught
from earmark.bundle import Output
from earmark.errors import BadRecipe
from earmark.evaluation.answers import Answers
from earmark.evaluation.calibration import cross_fitted, fit_temperature
from earmark.evaluation.folds import folds_of
from earmark.evaluation.thresholds import find_thresholds
from earmark.members import pooled, scores


@dataclass(frozen=True)
class Pooled:
    """One output of a blend.

    Attributes:
        output: as the bundle has it: temperature and thresholds of all judged tracks.
        answers: what the blend says of these, with temperatures of other folds.
        members: what each voice alone says of them, in the blend's words.
    """

    output: Output
    answers: Answers
    members: Mapping[str, Answers]


def pool(blend: BlendRecipe, taught: Sequence[Taught], output: Answering) -> Pooled:
    """The answers of a blend to one output.

    Raises:
        BadRecipe: the members did not judge the same tracks or have other labels, or the recipe
            renames what they do not have.
    """
    weights = blend.weights(output)
    heard = [each for each in taught if each.voice.name in weights]
    members = {
        each.voice.name: _in_words_of(blend, output, each.answers[output.of]) for each in heard
    }
    first = next(iter(members.values()))
    for name, other in members.items():
        if other.labels != first.labels or other.tracks != first.tracks:
            what = "labels" if other.labels != first.labels else "tracks"
            raise BadRecipe(
                f"{blend.path}: outputs.{output.name}: {next(iter(members))} and {name} have not "
                f"the same {what}"
            )
    given = [answers.scores for answers in members.values()]
    logits = pooled(given, [weights[name] for name in members], first.kind)
    folds = heard[0].folds
    of_row = np.array([folds[track] for track in first.tracks]) if folds else folds_of(first.groups)
    temperature, held_out = _temperatures(first, logits, of_row)
    answers = replace(first, scores=_answers(logits, first, held_out))
    thresholds = {}
    if first.kind != "number":
        found = find_thresholds(answers)
        thresholds = {label: passing.probability for label, passing in found.items()}
    return Pooled(Output(first.labels, temperature, first.kind, thresholds), answers, members)


def _in_words_of(blend: BlendRecipe, output: Answering, answers: Answers) -> Answers:
    """What a voice said of each track, sorted by track, in the blend's names and units.

    Raises:
        BadRecipe: labels are renamed that it does not have, or classes are scaled.
    """
    where = f"{blend.path}: outputs.{output.name}"
    answers = answers.per_track()
    answers = answers.rows(np.argsort(answers.tracks))
    if answers.kind == "number":
        if output.labels:
            raise BadRecipe(f"{where}: {output.of} is a number, which has no labels")
        return replace(
            answers,
            output=output.name,
            labels=(output.name,),
            truth=output.scale * answers.truth + output.offset,
            scores=output.scale * answers.scores + output.offset,
        )
    if (output.scale, output.offset) != (1.0, 0.0):
        raise BadRecipe(f"{where}: {output.of} is no number, and has no scale or offset")
    if output.labels and set(output.labels) != set(answers.labels):
        raise BadRecipe(
            f"{where}.labels must rename all of {', '.join(answers.labels)}, "
            f"not {', '.join(output.labels)}"
        )
    labels = tuple(output.labels.get(label, label) for label in answers.labels)
    return replace(answers, output=output.name, labels=labels)


def _temperatures(
    answers: Answers, logits: NDArray[np.float64], folds: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """The temperature of all tracks, and for each track that of the other folds."""
    if answers.kind != "classes":
        return 1.0, np.ones(len(answers))
    each = [row[None].astype(np.float32) for row in logits]
    truth = answers.truth.tolist()
    whole = fit_temperature(each, truth)
    if len(np.unique(folds)) < 2:
        return whole, np.full(len(answers), whole)
    return whole, cross_fitted(each, truth, folds)


def _answers(
    logits: NDArray[np.float64], answers: Answers, temperatures: NDArray[np.float64]
) -> NDArray[np.float64]:
    asked = Output(answers.labels, 1.0, answers.kind)
    return scores(logits / temperatures[:, None], asked)
