"""Who stands where when the members of a blend are trained.

*official*: the data set's own train and valid sides; where it has none, one division by artist.
*folds*: five folds by artist over all that is on no official test side. Each is judged once, by
models that learnt from the others; where an epoch is chosen, on a part of those.
*all*: everything is learnt from, and nothing is left to judge; what is known of such models is what
the folds say.

Divisions depend on the data set alone, so that all members on it are judged on the same tracks, and
are kept beside the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from earmark.datasets import Dataset, Track, open_dataset
from earmark.errors import BadSplit
from earmark.features.base import Feature
from earmark.splits import Split, make_split, write_split
from earmark.training.data import (
    INNER,
    Sides,
    answerable,
    artist_of,
    items,
    joining,
    load_sides,
    outputs_of,
)
from earmark.training.features import open_features
from earmark.training.models import is_classical
from earmark.training.recipe import Data, Recipe

Side = Literal["official", "folds", "all"]
SIDES: tuple[Side, ...] = get_args(Side)
FOLDS = 5

_NEVER = ("test", "faulty")  # official sides that take no part
_SEALED = "test"  # of GTZAN: whose artists are not learnt from, whatever data set they are in


@dataclass(frozen=True)
class Ground:
    """A data set, divided.

    Attributes:
        dataset: the data set.
        official: its division where it has no official sides of its own; else None.
        folds: its folds.
    """

    dataset: Dataset
    official: Split | None
    folds: Split


def ground(name: str, folder: Path, runs: Path, *, folds: bool) -> Ground:
    """Divide a data set, and keep what came of it in `runs`/splits.

    Args:
        name: of the data set.
        folder: where it lies.
        runs: the folder of all runs.
        folds: whether folds are wanted, and not official sides.

    Raises:
        BadDataset: the folder does not hold it.
        BadSplit: it knows no artists or too few, or was divided otherwise before.
    """
    dataset = open_dataset(name, folder)
    tracks = [track for track in dataset.tracks() if track.split not in _NEVER]
    official = {"train", "valid"} <= {track.split for track in tracks}
    if "artist" not in dataset.groups:
        raise BadSplit(f"{name} knows no artists: members cannot be judged without a leak")
    output = dataset.outputs[0] if dataset.outputs else None
    known = [track for track in tracks if output is None or output in track.labels]

    def divided(kind: str, into: Mapping[str, float] | int) -> Split:
        split = make_split(name, known, into, by=dataset.groups, output=output)
        try:
            write_split(split, runs / "splits" / f"{name}-{kind}.json")
        except BadSplit as error:
            raise BadSplit(
                f"{runs}: was run on other tracks of {name}; delete it, or take other --runs"
            ) from error
        return split

    whole = divided("folds", FOLDS)
    return Ground(dataset, None if official or folds else divided("sides", INNER), whole)


def sides_of(
    recipe: Recipe,
    where: Ground,
    folders: Mapping[str, Path],
    feature: Feature,
    stores: Path,
    *,
    fold: int | None = None,
    whole: bool = False,
    jobs: int = 1,
) -> Sides:
    """What one training learns from, watches and judges.

    Artists of GTZAN's test side are never learnt from, in whatever data set they are.

    Args:
        recipe: what is trained.
        where: its data set, divided.
        folders: where each data set lies.
        feature: the recipe's.
        stores: the folder of the feature stores.
        fold: the fold that is judged; None for the official sides.
        whole: learn from everything. What is watched then is a fold of it, for show.
        jobs: worker processes for extraction.

    Raises:
        BadRecipe, BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
    """
    data = recipe.data
    needed = {name: folders[name] for name in (data.main, *data.extra)}
    if whole:
        sides = _whole(data, where, needed, feature, stores, jobs)
    else:
        split = where.official if fold is None else where.folds
        choosing = fold is None or chooses(recipe)
        sides = load_sides(
            data, needed, feature, stores, split=split, fold=fold, choosing=choosing, jobs=jobs
        )
    return replace(sides, train=[i for i in sides.train if i.track.side_in_gtzan != _SEALED])


def chooses(recipe: Recipe) -> bool:
    """Whether training chooses among epochs, and so needs tracks to choose on."""
    return recipe.training.keep == "best" and not is_classical(recipe.model.name)


def _whole(
    data: Data,
    where: Ground,
    folders: Mapping[str, Path],
    feature: Feature,
    stores: Path,
    jobs: int,
) -> Sides:
    tracks = answerable(where.dataset, data.outputs)
    outputs = outputs_of(where.dataset, tracks, data.outputs)
    taken = {name for names in where.folds.sides.values() for name in names}
    never = {artist_of(track) for track in tracks if track.id not in taken}
    learnt: list[tuple[Dataset, list[Track]]] = [
        (where.dataset, [track for track in tracks if track.id in taken])
    ]
    for name in data.extra:
        dataset = open_dataset(name, folders[name])
        learnt.append((dataset, joining(dataset, outputs, never, official=False)))
    found = [
        items(part, open_features(dataset, feature, stores, dtype=data.dtype, jobs=jobs))
        for dataset, part in learnt
    ]
    shown = set(where.folds.sides["fold-0"])
    return Sides(
        [item for part in found for item in part],
        [item for item in found[0] if item.track.id in shown],
        outputs,
    )
