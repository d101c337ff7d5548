"""Who stands where: no artist on two sides, none of GTZAN's test side, all in the end."""

import json
import shutil

import pytest

from earmark.blending.sides import FOLDS, ground, sides_of
from earmark.errors import BadSplit
from earmark.features import LogMel
from earmark.splits.groups import key
from earmark.training.recipe import Data, Model, Recipe, Training

EXTRA = Recipe(data=Data(extra=("quadrants-mel",)))


@pytest.fixture
def folders(miniature, tmp_path):
    """GTZAN in small, and clips by artists of each of its sides and of none."""
    quadrants = tmp_path / "quadrants"
    (quadrants / "Q1").mkdir(parents=True)
    rows = ["track,quadrant,genres,moods,artist,gtzan_split"]
    for name, artist, side in (
        ("new", "Nina", ""),
        ("train", "jazz band 0", "train"),
        ("valid", "Jazz Band 3", "valid"),
        ("sealed", "Ella", "test"),
    ):
        shutil.copy(miniature / "jazz" / "jazz.00000.png", quadrants / "Q1" / f"{name}.png")
        rows.append(f"{name},Q1,Jazz,,{artist},{side}")
    (quadrants / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {"gtzan-mel": miniature, "quadrants-mel": quadrants}


@pytest.fixture
def divide(folders, tmp_path):
    """The sides of a training on the data, and their ground."""

    def divide(recipe=EXTRA, **which):
        name = recipe.data.main
        where = ground(name, folders[name], tmp_path / "runs", folds=which != {})
        return sides_of(recipe, where, folders, LogMel(), tmp_path / "features", **which)

    return divide


def artists(items):
    return {key(item.track, "artist") for item in items}


def names(items):
    return {item.track.id for item in items}


def test_every_track_is_judged_once_by_models_that_met_no_artist_of_it(divide):
    judged = []
    for fold in range(FOLDS):
        sides = divide(fold=fold)
        apart, learnt = artists([*sides.valid, *sides.judged]), names(sides.train)
        assert not apart & artists(sides.train)
        assert not artists(sides.valid) & artists(sides.judged)
        assert "new" in learnt
        assert "sealed" not in learnt
        assert ("train" in learnt) == ("artist:jazz band 0" not in apart)
        assert ("valid" in learnt) == ("artist:jazz band 3" not in apart)
        judged += [item.track.id for item in sides.judged]
    assert len(judged) == len(set(judged)) == 40


def test_where_no_epoch_is_chosen_all_other_folds_are_learnt_from(divide):
    choosing = divide(Recipe(), fold=0)
    last = Recipe(training=Training(keep="last"))
    for recipe in (Recipe(model=Model(name="lda")), last):
        sides = divide(recipe, fold=0)
        assert names(sides.train) == names([*choosing.train, *choosing.valid])
        assert names(sides.valid) == names(choosing.judged)
        assert sides.judged is None


def test_official_sides_are_those_of_earmark_train(divide):
    sides = divide()
    assert {item.track.split for item in sides.valid} == {"valid"}
    assert names(sides.train) & {"new", "train", "valid", "sealed"} == {"new", "train"}
    assert sides.judged is None


def test_in_the_end_everything_is_learnt_from_but_what_is_sealed(divide, miniature):
    sides = divide(whole=True)
    assert len(sides.train) == 43
    assert names(sides.train) >= {"new", "train", "valid"}
    assert "sealed" not in names(sides.train)


def test_a_data_set_without_sides_is_divided_once(folders, tmp_path, divide):
    recipe = Recipe(data=Data(main="quadrants-mel"))
    index = folders["quadrants-mel"] / "index.csv"
    for i in range(12):
        shutil.copy(
            folders["quadrants-mel"] / "Q1" / "new.png",
            folders["quadrants-mel"] / "Q1" / f"more-{i}.png",
        )
        with index.open("a", encoding="utf-8") as file:
            file.write(f"more-{i},Q1,Jazz,,Artist {i},\n")
    sides = divide(recipe)
    assert not artists(sides.train) & artists(sides.valid)
    assert "sealed" not in names(sides.train)
    kept = json.loads((tmp_path / "runs" / "splits" / "quadrants-mel-sides.json").read_bytes())
    assert names(sides.valid) == set(kept["sides"]["valid"]["items"])
    index.write_text(index.read_text(encoding="utf-8").replace("Artist 3", "Artist 4"))
    with pytest.raises(BadSplit, match="was run on other tracks of quadrants-mel"):
        divide(recipe)


def test_a_data_set_that_knows_no_artists_is_refused(folders, tmp_path):
    with pytest.raises(BadSplit, match="log-mel knows no artists"):
        ground("log-mel", folders["gtzan-mel"], tmp_path / "runs", folds=True)
