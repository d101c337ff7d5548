"""What every paper must keep; a new one is tested by being named in `PAPERS`."""

from __future__ import annotations

import dataclasses

import pytest

from earmark.classical import CLASSICAL
from earmark.datasets import DATASETS
from earmark.networks import NETWORKS
from earmark.papers import PAPERS
from earmark.papers.base import merge
from earmark.papers.metrics import METRICS
from earmark.training.recipe import recipe_from_dict
from earmark.training.run import feature_of

every_paper = pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
MODELS = {**NETWORKS, **CLASSICAL}
SYSTEMS = {f"{p.key}-{s.key}": (p, s) for p in PAPERS.values() for s in p.systems}
every_system = pytest.mark.parametrize(("paper", "system"), SYSTEMS.values(), ids=SYSTEMS)


def recipe_of(system, *more):
    named = {"data": {"main": system.data[0], "outputs": list(system.outputs)}}
    return recipe_from_dict(merge(system.recipe, named, *more), system.key)


@every_paper
def test_keys_name_one_thing(paper):
    keys = [system.key for system in paper.systems]
    assert len(set(keys)) == len(keys)
    assert len({study.key for study in paper.studies}) == len(paper.studies)
    assert PAPERS[paper.key] is paper
    assert paper.citation
    assert paper.data.endswith(".")
    assert all(note.endswith(".") for note in paper.notes)


@every_paper
def test_studies_read_systems_of_their_paper_on_data_that_all_of_them_take(paper):
    for study in paper.studies:
        systems = [paper.system(key) for key in study.needs]
        for name in study.data or systems[0].data:
            assert all(name in system.data for system in systems), (study.key, name)


@every_paper
def test_what_the_paper_leaves_open_is_written_down(paper):
    import importlib

    words = importlib.import_module(f"earmark.papers.{paper.key}").__doc__
    assert "uess" in words
    assert f"`{paper.key}`" in words


@every_system
def test_recipes_are_complete_and_strict(paper, system):
    recipe = recipe_of(system)
    assert recipe.model.name in MODELS
    assert feature_of(recipe)
    assert not recipe.augmentation.band_shift  # from PLAIN: nothing that the paper did not do
    assert recipe.training.patience == 0
    assert (system.epochs is None) == (recipe.model.name in CLASSICAL)
    assert set(system.recipe.get("data", {})) <= {"dtype"}
    assert system.data
    assert set(system.data) <= set(DATASETS)


@every_system
def test_quick_changes_settings_that_there_are(paper, system):
    recipe = recipe_of(system, system.quick)
    settings = MODELS[recipe.model.name].Settings
    known = {field.name for field in dataclasses.fields(settings)}
    assert set(recipe.model.settings) <= known


@every_system
def test_outputs_are_known_and_printed(paper, system):
    for name in system.data:
        dataset = DATASETS[name]
        known = {*dataset.outputs, *dataset.values, *(["tags"] if dataset.has_tags else [])}
        assert set(system.outputs) <= known
        assert set(system.only) <= known
    assert system.printed
    for printed in system.printed:
        assert printed.metric in METRICS
        assert printed.output in system.outputs
        assert printed.where
        assert printed.value is None or -1 <= printed.value <= 1


@every_system
def test_parts_are_trained_before_the_stacks_that_need_them(paper, system):
    order = [other.key for other in paper.systems]
    for key in system.parts.values():
        part = paper.system(key)
        assert order.index(key) < order.index(system.key)
        assert set(system.data) <= set(part.data)
        assert (part.outputs, part.only, part.naive) == (system.outputs, system.only, system.naive)


@every_system
def test_the_naive_sides_are_shares(paper, system):
    shares = system.naive.shares
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["train"] > 0.5


def test_the_papers_numbers_are_those_that_the_reading_lists():
    """A sample, typed from the papers once more."""
    printed = {
        (paper.key, system.key, number.metric, number.output): number.value
        for paper in PAPERS.values()
        for system in paper.systems
        for number in system.printed
    }
    for key, value in {
        ("duthoit2018", "cnn-1", "accuracy", "genre"): 0.80,
        ("duthoit2018", "lstm-4", "accuracy", "genre"): 0.67,
        ("duthoit2018", "stack-16", "accuracy", "genre"): 0.853,
        ("cox2021", "zfnet-1", "top5", "genre"): 0.6533,
        ("cox2021", "gtzanet-1", "accuracy", "genre"): 0.5276,
        ("liu2017", "dense-4-322", "accuracy", "genre"): 0.888,
        ("liu2017", "pair-country-rock", "accuracy", "genre"): 0.65,
        ("liu2017", "dag-svm-4-322", "accuracy", "genre"): 0.8667,
        ("liu2017", "k-means-4-322", "accuracy", "genre"): 0.8,
        ("shah2016", "gaussian-mixture", "accuracy", "genre"): 0.61,
    }.items():
        assert printed[key] == value
