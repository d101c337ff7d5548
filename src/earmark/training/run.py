"""A run: a folder in which a training takes place and everything it yields is kept.

recipe.json       all settings, defaults included
sides.json        checksum of the tracks on each side
metrics.jsonl     one object per epoch; the only one of a classical model
predictions.csv   what it says of the judged side
run.json          what came of it; there when the run is finished
bundle/           the model

Of networks there is also what they go on from (learn.py). What learns is imported when it is known
which of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from earmark.errors import BadRecipe, EarmarkError
from earmark.features import LogMel, feature_from_dict
from earmark.features.base import Feature
from earmark.splits import Split
from earmark.training.data import Sides, load_sides
from earmark.training.finish import Trained, finish
from earmark.training.models import check_model, check_options, is_classical
from earmark.training.recipe import Recipe

if TYPE_CHECKING:
    from lightning.pytorch.callbacks import Callback
    from torch import Tensor

    from earmark.training.devices import Devices


def train(
    recipe: Recipe,
    folders: Mapping[str, Path],
    run: Path,
    *,
    split: Split | None = None,
    fold: int | None = None,
    stores: Path | None = None,
    jobs: int = 1,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    devices: Devices | None = None,
    tensorboard: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train on the official sides of data sets, or on those of a split; write the run's folder.

    Args:
        recipe: what to do.
        folders: where each of its data sets lies.
        run: the folder; it must be new, or, with `resume`, that of a run of the same recipe.
        split: of the main data set, as in `load_sides`.
        fold: of a split into folds, the one that is judged.
        stores: folder of the feature stores; None for `features` beside the run.
        jobs: worker processes that extract features.
        resume: go on after the last finished epoch.
        callbacks: Lightning callbacks that watch.
        devices: what it runs on; None for the processor.
        tensorboard: write what is measured for TensorBoard as well.
        say: is told a line where something is learnt beforehand.

    Raises:
        BadRecipe: a setting is impossible, or the run to resume had another recipe.
        BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
        MissingExtra: TensorBoard is not installed.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
        KeyboardInterrupt: the training was interrupted.
        SystemExit: of several processes, this is not the first, and has done its part.
    """
    for name in folders:
        if name not in recipe.needs:
            raise BadRecipe(f"--data {name}: the recipe uses only {', '.join(recipe.needs)}")
    if resume and not (run / "recipe.json").is_file():
        raise BadRecipe(f"{run}: no run to resume")
    feature = feature_of(recipe)
    check_model(recipe.model)  # before features are extracted for nothing
    _check_clips(recipe, feature)
    stores = stores or run.parent / "features"
    used = {
        name: folders[name] for name in (recipe.data.main, *recipe.data.extra) if name in folders
    }
    with devices.first_alone() if devices else nullcontext():
        sides = load_sides(recipe.data, used, feature, stores, split=split, fold=fold, jobs=jobs)
        kept = run.parent / "pretrained"
        sides, start = begun(recipe, sides, folders, stores, kept, jobs=jobs, say=say)
    return train_on(
        recipe,
        sides,
        run,
        start=start,
        resume=resume,
        callbacks=callbacks,
        devices=devices,
        tensorboard=tensorboard,
    )


def begun(
    recipe: Recipe,
    sides: Sides,
    folders: Mapping[str, Path],
    stores: Path,
    kept: Path,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Sides, Mapping[str, Tensor] | None]:
    """What a network begins with: sides that say what was heard before, and weights, if any.

    Raises:
        BadRecipe: the recipe cannot be begun so.
        BadDataset, BadFeature, UnreadableFile: the data cannot be used.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
    """
    if not recipe.pretraining.data or is_classical(recipe.model.name):
        return sides, None
    from earmark.training.pretraining import pretrained

    found = pretrained(recipe, folders, feature_of(recipe), stores, kept, jobs=jobs, say=say)
    return replace(sides, heard=found.tracks), found.weights


def train_on(
    recipe: Recipe,
    sides: Sides,
    run: Path,
    *,
    parts: Mapping[str, Mapping[str, Tensor]] | None = None,
    start: Mapping[str, Tensor] | None = None,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    export: bool = True,
    checkpoint_seconds: float = 0.0,
    devices: Devices | None = None,
    tensorboard: bool = False,
) -> Trained:
    """Train on any sides, judge, and write the run's folder.

    Args:
        recipe: what to do; which tracks take part is said by `sides`.
        sides: what is learnt from, watched and judged; all their features are the recipe's.
        run: the folder; it must be new, or, with `resume`, may be that of a run of the same recipe.
        parts: for a stack, the trained weights of the networks that it judges by.
        start: weights that the network begins with; random ones if none.
        resume: go on after the last finished epoch, if there is one.
        callbacks: Lightning callbacks that watch.
        export: write the bundle.
        checkpoint_seconds: how long to wait from one checkpoint to the next if epochs are shorter;
            as much may be lost when the process is killed.
        devices: what it runs on; None for the processor.
        tensorboard: write what is measured for TensorBoard as well.

    Raises:
        BadRecipe: a setting is impossible, or the run to resume had another recipe.
        MissingExtra: TensorBoard is not installed.
        EarmarkError: nothing could be learnt, or the folder cannot be written.
        KeyboardInterrupt: the training was interrupted.
        SystemExit: of several processes, this is not the first, and has done its part.
    """
    feature = feature_of(recipe)
    classical = is_classical(recipe.model.name)
    if classical:
        check_options(recipe.model.name, devices.place.world if devices else 1, tensorboard)
    _check_clips(recipe, feature)
    if not sides.train:
        raise BadRecipe("the train side is empty")
    try:
        if classical:
            from earmark.training.fit import fit

            learnt = fit(recipe, sides, run, feature, resume=resume)
        else:
            from earmark.training.learn import learn

            learnt = learn(
                recipe,
                sides,
                run,
                feature,
                parts=parts,
                start=start,
                resume=resume,
                callbacks=callbacks,
                export=export,
                checkpoint_seconds=checkpoint_seconds,
                devices=devices,
                tensorboard=tensorboard,
            )
        return finish(learnt, recipe, sides, run, feature, export=export)
    except OSError as error:
        where = error.filename or run
        raise EarmarkError(f"{where}: cannot be written: {error.strerror or error}") from error


def feature_of(recipe: Recipe) -> Feature:
    """The representation that a recipe names.

    Raises:
        BadRecipe: there is none of that name, or a setting is impossible.
    """
    try:
        feature: Feature = feature_from_dict({"name": LogMel.name, **recipe.feature})
        return feature
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"feature: {error}") from error


def _check_clips(recipe: Recipe, feature: Feature) -> None:
    """Make sure that the representation can be cut as is wanted.

    Raises:
        BadRecipe: it cannot.
    """
    try:
        recipe.clips.check(feature.time_axis)
    except ValueError as error:
        raise BadRecipe(f"clips: with {feature.name}: {error}") from error
