"""Which kind of model a recipe names: a network, or a classical model."""

from __future__ import annotations

import difflib
from dataclasses import fields

from earmark.classical import CLASSICAL, build_classical
from earmark.errors import BadRecipe
from earmark.training.recipe import Augmentation, Model, Pretraining, Recipe, Training


def is_classical(name: str) -> bool:
    """Whether a model is fitted in one step, and not a network.

    Raises:
        BadRecipe: there is no model of that name; the message says the nearest one.
    """
    if name in CLASSICAL:
        return True
    from earmark.networks import NETWORKS

    if name in NETWORKS:
        return False
    known = [*NETWORKS, *CLASSICAL]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    raise BadRecipe(f"unknown model {name!r}; {hint}")


def check_model(model: Model) -> None:
    """Make sure of what can be known before the data are: the name, and a classical one's settings.

    Raises:
        BadRecipe: one is unknown or impossible.
    """
    if is_classical(model.name):
        build_classical(model.name, model.settings)


def check_options(name: str, processes: int, tensorboard: bool) -> None:
    """Make sure that nothing is asked of a classical model that has no meaning for it.

    Raises:
        BadRecipe: something is.
    """
    if processes > 1:
        raise BadRecipe(f"model {name} is fitted by one process: leave --devices and --nodes out")
    if tensorboard:
        raise BadRecipe(
            f"model {name} is fitted in one step, of which there is nothing to draw: "
            "leave --tensorboard out"
        )


def without_effect(recipe: Recipe) -> list[str]:
    """What a recipe changes that is for networks alone, if its model is none of them."""
    changed = []
    sections = {
        "training": Training(),
        "augmentation": Augmentation(),
        "pretraining": Pretraining(),
    }
    for section, defaults in sections.items():
        chosen = getattr(recipe, section)
        changed += [
            f"{section}.{field.name}"
            for field in fields(chosen)
            if getattr(chosen, field.name) != getattr(defaults, field.name)
        ]
    return changed
