"""Recipes are read strictly: what is wrong is named, with the nearest right key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from earmark.clips import Clips
from earmark.errors import BadRecipe
from earmark.training.recipe import Augmentation, Recipe, read_recipe, recipe_from_dict

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def read(tmp_path):
    def read(text: str, *changes: str) -> Recipe:
        path = tmp_path / "recipe.toml"
        path.write_bytes(text.encode("latin-1"))
        return read_recipe(path, changes)

    return read


def test_an_empty_recipe_is_the_defaults(read):
    assert read("") == Recipe()


def test_what_differs_is_taken(read):
    recipe = read(
        """
        seed = 7
        [data]
        extra = ["quadrants-mel"]
        [clips]
        columns = 128
        [augmentation]
        stretch = 0
        [model.settings]
        channels = [8, 8, 8, 8]
        """
    )
    assert (recipe.seed, recipe.data.extra) == (7, ("quadrants-mel",))
    assert recipe.clips == Clips(columns=128)
    assert recipe.augmentation == Augmentation(stretch=0.0)
    assert isinstance(recipe.augmentation.stretch, float)
    assert recipe.model.settings == {"channels": [8, 8, 8, 8]}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.name)
def test_the_project_s_recipes_are_right(path):
    assert isinstance(read_recipe(path), Recipe)


def test_a_recipe_survives_json(read):
    recipe = read('[data]\nextra = ["audio"]\n[model.settings]\nkernels = [3, 3, 3, 3]\n')
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sead = 1", "unknown key 'sead'; did you mean 'seed'?"),
        ("[trainin]\nepochs = 1", "unknown key 'trainin'; did you mean 'training'?"),
        ("[training]\nepoch = 1", "unknown key 'training.epoch'; did you mean 'epochs'?"),
        ("[clips]\ncolums = 1", "unknown key 'clips.colums'; did you mean 'columns'?"),
        ("[data]\nzzz = 1", "unknown key 'data.zzz'; known: main, extra, output"),
        ("seed = '1'", "seed must be a whole number, not '1'"),
        ("seed = 1.0", "seed must be a whole number, not 1.0"),
        ("seed = true", "seed must be a whole number, not True"),
        ("training = 3", "training must be a table, not 3"),
        ("model = 'stats-cnn'", "model must be a table, not 'stats-cnn'"),
        ("[model]\nsettings = 3", "model.settings must be a table, not 3"),
        ("[training]\nlearning_rate = '1'", "training.learning_rate must be a number, not '1'"),
        ("[training]\nlearning_rate = true", "training.learning_rate must be a number, not True"),
        ("[training]\nprecision = 32", "training.precision must be a string, not 32"),
        ("[data]\nextra = 'audio'", "data.extra must be a list, not 'audio'"),
        ("[data]\nextra = [1]", "data.extra must be a string, not 1"),
        ("[clips]\nsubtract_band_mean = 1", "clips.subtract_band_mean must be a boolean, not 1"),
        ("[clips]\ncolumns = -1", "clips: columns must be"),
        ("[training]\nepochs = 0", "training.epochs is out of range: 0"),
        ("[training]\nbatch = 1", "training.batch is out of range: 1"),
        ("[training]\ncrop_columns = 15", "training.crop_columns is out of range: 15"),
        ("[training]\nlearning_rate = nan", "training.learning_rate is out of range: nan"),
        ("[training]\nwarmup = 1.0", "training.warmup is out of range: 1.0"),
        ("[training]\nlabel_smoothing = 1", "training.label_smoothing is out of range: 1.0"),
        ("[training]\naverage_decay = 1", "training.average_decay is out of range: 1.0"),
        (
            "[training]\nprecision = '8'",
            "training.precision must be one of 32, bf16, 16; not '8'",
        ),
        ("[data]\ndtype = 'int8'", "data.dtype must be one of float32, float16, uint8"),
        ("[data]\noutputs = []", "data.outputs is out of range: ()"),
        ("[data]\noutputs = ['genre', 'genre']", "data.outputs is out of range"),
        ("[data]\noutput = 'genre'", "unknown key 'data.output'; did you mean 'outputs'"),
        ("[training]\noptimizer = 'adamw2'", "training.optimizer must be one of adamw, adam,"),
        ("[training]\nthreads = -1", "training.threads is out of range: -1"),
        ("[training]\npatience = -1", "training.patience is out of range: -1"),
        ("[training]\nweight_decay = -0.1", "training.weight_decay is out of range: -0.1"),
        ("[augmentation]\nstretch = 1", "augmentation.stretch is out of range: 1.0"),
        ("[augmentation]\nmixup = -1", "augmentation.mixup is out of range: -1.0"),
        ("seed = -1", "seed is out of range: -1"),
        ("seed = 4294967296", "seed is out of range: 4294967296"),
        ("seed 1", "not TOML"),
        ("seed = '\xff'", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(read, text, words):
    with pytest.raises(BadRecipe) as caught:
        read(text)
    assert words in str(caught.value)
    assert "recipe.toml: " in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadRecipe, match=r"absent\.toml: cannot be read: No such file"):
        read_recipe(tmp_path / "absent.toml")


def test_changes_win_over_the_file(read):
    recipe = read(
        "[training]\nepochs = 3\n",
        "training.epochs=5",
        "seed=2",
        "model.settings.dropout=0.5",
        "data.extra=['audio']",
        "data.main=log-mel",
        'training.precision="32"',
    )
    assert (recipe.training.epochs, recipe.seed, recipe.data.main) == (5, 2, "log-mel")
    assert recipe.model.settings == {"dropout": 0.5}
    assert recipe.data.extra == ("audio",)
    assert recipe.training.precision == "32"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("training.epochs", "write KEY=VALUE, such as training.epochs=5"),
        ("trainig.epochs=5", "unknown key 'trainig'; did you mean 'training'?"),
        ("training.epoch=5", "unknown key 'training.epoch'; did you mean 'epochs'?"),
        ("seed.x=5", "seed is not a section"),
        ("=5", "unknown key ''"),
        ("training.epochs=many", "training.epochs must be a whole number, not 'many'"),
    ],
)
def test_wrong_changes_are_named(read, change, words):
    with pytest.raises(BadRecipe) as caught:
        read("seed = 1", change)
    assert words in str(caught.value)
