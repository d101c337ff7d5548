"""What every model in `CLASSICAL` must do, as far as it is what networks must do."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load

from earmark.classical import CLASSICAL, Targets, build_classical, fit, to_onnx
from earmark.classical.base import Regressor
from earmark.errors import BadRecipe
from earmark.training.fit import to_safetensors

SHAPE = (4, 6)
every_model = pytest.mark.parametrize("name", CLASSICAL)
NUMBERS = [name for name, kind in CLASSICAL.items() if issubclass(kind, Regressor)]


def probabilities(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def flat(clips: np.ndarray) -> np.ndarray:
    return clips.reshape(len(clips), -1).astype(np.float64)


def test_the_registry_imports_neither_scikit_learn_nor_torch():
    code = "import sys, earmark.classical; print({'sklearn', 'torch', 'onnx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"


@every_model
@pytest.mark.parametrize("labels", [1, 2, 4, 7, 10])
def test_it_agrees_with_scikit_learn_for_any_number_of_labels(
    name, labels, fitted, make_clips, ask
):
    model, (clips, truth) = fitted(name, labels), make_clips(labels, seed=1)
    ours = ask(name, model.arrays, clips, genre=labels)
    theirs = model.answers["genre"](flat(clips))
    assert ours.shape == theirs.shape == (len(clips), labels)
    assert np.isfinite(ours).all()
    assert np.abs(probabilities(ours) - probabilities(theirs)).max() <= 1e-5
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all()
    assert (ours.argmax(axis=1) == truth).mean() > 1.2 / labels or labels == 1  # it has learnt


@every_model
def test_a_batch_gives_what_its_clips_give_alone(name, fitted, make_clips, ask):
    arrays, (clips, _) = fitted(name).arrays, make_clips(4, seed=1)
    together = ask(name, arrays, clips[:5], genre=4)
    alone = np.concatenate([ask(name, arrays, clip[None], genre=4) for clip in clips[:5]])
    assert np.abs(together - alone).max() <= 1e-5


@every_model
def test_clips_that_never_change_give_finite_logits(name, build, ask):
    clips = np.full((12, *SHAPE), 7, np.float32)
    truth = {"genre": Targets("classes", 3, np.arange(12) % 3)}
    model = fit(build(name), flat(clips), truth, 0)
    for unlike in (0, 7, 1000):
        assert np.isfinite(ask(name, model.arrays, clips[:2] - 7 + unlike, genre=3)).all()


@every_model
def test_the_seed_decides_every_bit(name, fitted):
    first, again = fitted(name, seed=3), fitted(name, seed=3)
    assert to_safetensors(first) == to_safetensors(again)
    models = [to_onnx(CLASSICAL[name], f.arrays, SHAPE, {"genre": 4}) for f in (first, again)]
    assert models[0] == models[1]


@pytest.mark.parametrize("name", ["k-means", "hidden-layer", "gradient-boosting"])
def test_another_seed_draws_otherwise(name, fitted):
    assert to_safetensors(fitted(name, seed=3)) != to_safetensors(fitted(name, seed=4))


@every_model
def test_saved_arrays_give_the_same_model(name, fitted):
    model = fitted(name)
    saved = load(to_safetensors(model))
    assert saved.keys() == model.arrays.keys()
    again = to_onnx(CLASSICAL[name], saved, SHAPE, {"genre": 4})
    assert again == to_onnx(CLASSICAL[name], model.arrays, SHAPE, {"genre": 4})


@every_model
def test_nothing_is_pickled(name, fitted):
    """An array of objects would have to be; safetensors and ONNX hold numbers alone."""
    model = fitted(name)
    assert all(array.dtype.kind in "fi" for array in model.arrays.values())
    for data in (
        to_safetensors(model),
        to_onnx(CLASSICAL[name], model.arrays, SHAPE, {"genre": 4}),
    ):
        assert b"sklearn" not in data
        assert not data.startswith(b"\x80")


@every_model
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_finite_number_is_refused(name, make_clips, value, build):
    clips, truth = make_clips(4)
    clips[3, 1, 1] = value
    with pytest.raises(ValueError, match="no finite numbers"):
        fit(build(name), flat(clips), {"genre": Targets("classes", 4, truth)}, 0)


@every_model
def test_a_label_without_clips_is_never_given(name, make_clips, ask, build):
    clips, truth = make_clips(3)
    known = np.array([0, 2, 5])[truth]  # of six labels, three have clips
    model = fit(build(name), flat(clips), {"g": Targets("classes", 6, known)}, 0)
    logits = ask(name, model.arrays, clips, g=6)
    assert set(logits.argmax(axis=1)) <= {0, 2, 5}
    assert logits[:, [1, 3, 4]].max(axis=1) == pytest.approx(
        logits[:, [0, 2, 5]].min(axis=1) - 16, abs=1e-4
    )
    assert np.abs(logits - _less_greatest(model.answers["g"](flat(clips)))).max() <= 1e-3


def _less_greatest(logits: np.ndarray) -> np.ndarray:
    return logits - logits.max(axis=1, keepdims=True)


@every_model
def test_outputs_are_learnt_each_for_itself(name, fitted, make_clips, ask, build):
    clips, truth = make_clips(4)
    targets = {"genre": Targets("classes", 4, truth), "half": Targets("classes", 2, truth % 2)}
    family = build(name)
    both = fit(family, flat(clips), targets, 0)
    genre, half = ask(name, both.arrays, clips, genre=4, half=2)
    assert (genre.shape, half.shape) == ((len(clips), 4), (len(clips), 2))
    assert np.array_equal(genre, ask(name, fitted(name).arrays, clips, genre=4))


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_learnt_in_their_own_units(name, make_clips, ask, build):
    clips, truth = make_clips(4)
    values = 1000 + 50 * truth.astype(float)
    model = fit(build(name), flat(clips), {"bpm": Targets("number", 1, values)}, 0)
    given = ask(name, model.arrays, clips, bpm=1)
    assert given.shape == (len(clips), 1)
    assert np.allclose(given, model.answers["bpm"](flat(clips)), rtol=1e-6)
    assert np.corrcoef(given[:, 0], values)[0, 1] > 0.5
    assert abs(given.mean() - values.mean()) < 10


@every_model
def test_what_it_cannot_learn_is_said(name, make_clips, build):
    clips, truth = make_clips(4)
    with pytest.raises(ValueError, match="any number of tags may be right"):
        fit(build(name), flat(clips), {"tags": Targets("tags", 4, truth)}, 0)
    if name not in NUMBERS:
        with pytest.raises(ValueError, match="learns labels only: valence is a number"):
            fit(build(name), flat(clips), {"valence": Targets("number", 1, truth)}, 0)


@every_model
def test_an_unknown_setting_is_refused(name):
    known = next(iter(CLASSICAL[name].Settings.__dataclass_fields__))
    with pytest.raises(BadRecipe, match=f"model {name} has no setting 'zzz'; it has "):
        build_classical(name, {"zzz": 1})
    with pytest.raises(BadRecipe, match=f"did you mean '{known}'"):
        build_classical(name, {known + "s": 1})


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("svm", {"cost": 0}, "cost must be a number above 0, not 0"),
        ("dag-svm", {"width": "x"}, "width must be a number above 0, not 'x'"),
        ("k-nn", {"neighbours": 0.5}, "neighbours must be a whole number of at least 1"),
        ("k-nn", {"standardize": 1}, "standardize must be true or false, not 1"),
        ("k-means", {"assignment": "x"}, "assignment must be one of"),
        ("k-means", {"assignment": "one-to-one", "clusters": 2}, "wants clusters = 1"),
        ("hidden-layer", {"activation": "x"}, "activation must be one of"),
        ("gaussian-mixture", {"least_variance": -1}, "least_variance must be a number above 0"),
        ("gradient-boosting", {"clips": 1.5}, "clips must be above 0 and at most 1, not 1.5"),
        ("lda", {"shrinkage": "much"}, "shrinkage must be above 0 and at most 1, not 'much'"),
        ("lda", {"variance": True}, "variance must be above 0 and at most 1, not True"),
        ("patch-atoms", {"widths": []}, r"widths must be whole numbers of at least 1"),
        ("patch-atoms", {"bands": 4, "shifts": [4]}, r"shifts must be whole numbers below 4"),
    ],
)
def test_an_impossible_setting_is_refused(name, settings, words):
    with pytest.raises(BadRecipe, match=f"model {name}: .*{words}"):
        build_classical(name, settings)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadRecipe, match="unknown model 'forest'; known: dag-svm"):
        build_classical("forest", {})


@every_model
def test_names_are_not_those_of_networks(name):
    from earmark.networks import NETWORKS

    assert name not in NETWORKS
