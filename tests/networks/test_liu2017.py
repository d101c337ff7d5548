"""The layers of liu2017's networks, counted by hand; each against numpy; impossible settings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.signal import correlate
from sklearn.preprocessing import StandardScaler

from earmark.errors import BadRecipe
from earmark.networks import build_network

KINDS = ["liu-dense", "liu-shallow", "liu-cnn"]


def build(name: str, shape: tuple[int, ...] = (21, 37), labels: int = 10, **settings):
    torch.manual_seed(0)
    return build_network(name, settings, shape=shape, outputs={"genre": labels})


def count(network) -> int:
    return sum(p.numel() for p in network.parameters())


def weights_of(network) -> list[np.ndarray]:
    return [p.detach().double().numpy() for p in network.parameters()]


def layers_of(network) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of each layer of a dense network."""
    return list(zip(*[iter(weights_of(network))] * 2, strict=True))


def random_clips(clips: int = 5, shape: tuple[int, ...] = (21, 37)) -> torch.Tensor:
    rng = np.random.default_rng(1)
    return torch.from_numpy(rng.normal(-30, 20, (clips, *shape)).astype(np.float32))


def logits_of(network, clips: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        return network.eval()(clips)[0].numpy()


@pytest.mark.parametrize("labels", [2, 4, 5, 10])
@pytest.mark.parametrize("nonlinearity", ["none", "relu"])
def test_parameters_of_the_listing(labels, nonlinearity):
    sizes = [21 * 37, 2000, 1000, 500, 250, labels]
    expected = sum((a + 1) * b for a, b in pairwise(sizes))
    assert count(build("liu-dense", labels=labels, nonlinearity=nonlinearity)) == expected


def test_parameters_at_the_size_of_the_paper():
    with torch.device("meta"):  # 178 MB of weights that nobody looks at
        deep, shallow, cnn = (build(kind, (21, 997), labels=4) for kind in KINDS)
    assert count(deep) == 20938 * 2000 + 2001 * 1000 + 1001 * 500 + 501 * 250 + 251 * 4
    p, m, k = 20937, 100, 4
    assert count(shallow) == m * (p + 1) + k * (m + 1)  # as the slide counts the unknowns
    convolutions = (9 * 1 + 1) * 16 + (9 * 16 + 1) * 32
    assert count(cnn) == convolutions + (32 * (21 // 4) * (997 // 4) + 1) * 250 + 251 * 4


def test_without_nonlinearity_it_is_one_matrix():
    network, clips = build("liu-dense"), random_clips()
    matrix, shift = np.eye(21 * 37), np.zeros(21 * 37)
    for weight, bias in layers_of(network):
        matrix, shift = weight @ matrix, weight @ shift + bias
    expected = clips.flatten(1).double().numpy() @ matrix.T + shift
    assert np.allclose(logits_of(network, clips), expected, atol=1e-4 * np.abs(expected).max())


def test_with_relu_each_hidden_layer_has_one():
    network, clips = build("liu-dense", nonlinearity="relu"), random_clips()
    *hidden, last = layers_of(network)
    vectors = clips.flatten(1).double().numpy()
    for weight, bias in hidden:
        vectors = np.maximum(vectors @ weight.T + bias, 0)
    expected = vectors @ last[0].T + last[1]
    assert np.allclose(logits_of(network, clips), expected, atol=1e-4 * np.abs(expected).max())
    assert not np.allclose(logits_of(build("liu-dense"), clips), expected, rtol=0.1)


def test_the_first_weights_are_those_of_matlab():
    network = build("liu-dense")
    for weight, bias in layers_of(network):
        assert not bias.any()
        error = 0.01 / np.sqrt(2 * weight.size)
        assert abs(weight.std() - 0.01) < 4 * error
        assert abs(weight.mean()) < 4 * 0.01 / np.sqrt(weight.size)


def test_a_cell_that_counts_for_two_learns_as_two_do():
    one = build("liu-dense", copies=2.0, sizes=(5,))
    two = build("liu-dense", (21, 74), sizes=(5,))
    clips = random_clips(8)
    doubled = torch.cat([clips, clips], dim=2)
    with torch.no_grad():
        first, second = two.body[1].weight.view(5, 21, 2, 37).unbind(2)
        one.body[2].weight.copy_(((first + second) / 2**0.5).reshape(5, -1))
        one.answers.load_state_dict(two.answers.state_dict())
    before = logits_of(one, clips)
    assert np.allclose(before, logits_of(two, doubled), atol=1e-5)
    for network, given in ((one, clips), (two, doubled)):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
        for _ in range(10):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(given)[0], torch.arange(8)).backward()
            optimizer.step()
    assert np.abs(logits_of(one, clips) - before).max() > 0.1
    assert np.allclose(logits_of(one, clips), logits_of(two, doubled), atol=1e-4)


def test_the_first_weights_may_be_those_of_torch():
    network = build("liu-dense", first_weights="uniform")
    for weight, bias in layers_of(network):
        limit = weight.shape[1] ** -0.5
        assert 0.9 * limit < np.abs(weight).max() <= limit
        assert bias.any()


def test_the_shallow_network_is_the_formula_of_the_slide():
    network, clips = build("liu-shallow"), random_clips(8)
    network.observe(clips)
    w, b, beta, b_ = weights_of(network)
    x = StandardScaler().fit_transform(clips.flatten(1).double().numpy())
    z = 1 / (1 + np.exp(-(b + x @ w.T)))
    assert np.allclose(logits_of(network, clips), b_ + z @ beta.T, atol=1e-5)


def test_the_cnn_is_two_convolutions_and_two_dense_layers():
    network, clips = build("liu-cnn", filters=[2, 3], nodes=4), random_clips(1, (21, 37))
    kernels, biases, kernels_, biases_, dense, shift, last, shift_ = weights_of(network)
    maps = clips.double().numpy()
    for kernel, bias in ((kernels, biases), (kernels_, biases_)):
        maps = np.stack(
            [correlate(np.pad(maps, ((0, 0), (1, 1), (1, 1))), k, "valid")[0] for k in kernel]
        )
        maps = np.maximum(maps + bias[:, None, None], 0)
        rows, columns = maps.shape[1] // 2, maps.shape[2] // 2
        maps = maps[:, : 2 * rows, : 2 * columns].reshape(-1, rows, 2, columns, 2).max(axis=(2, 4))
    nodes = np.maximum(dense @ maps.ravel() + shift, 0)
    expected = last @ nodes + shift_
    assert np.allclose(logits_of(network, clips)[0], expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_of_the_train_side_does_not_matter_once_observed(kind):
    train, judged = random_clips(6), random_clips(2) * 0.5
    shift = torch.linspace(-50, 50, 37)
    plain, shifted = build(kind), build(kind)
    plain.observe(train)
    shifted.observe(train + shift)
    expected = logits_of(plain, judged)
    assert np.allclose(logits_of(shifted, judged + shift), expected, atol=1e-4)
    assert not np.allclose(logits_of(build(kind), judged), expected, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_observed_is_saved(kind):
    network, copy, clips = build(kind), build(kind), random_clips()
    network.observe(clips)
    copy.load_state_dict(network.state_dict())
    assert np.array_equal(logits_of(copy, clips), logits_of(network, clips))


def test_a_cell_that_never_changes_is_not_divided_by_zero():
    network, clips = build("liu-shallow"), random_clips()
    clips[:, 3, 5] = -80
    network.observe(clips)
    assert np.isfinite(logits_of(network, clips + 1)).all()


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("liu-dense", {"sizes": []}, "sizes must be a list of whole numbers"),
        ("liu-dense", {"sizes": [100, 0]}, "sizes must be a list of whole numbers"),
        ("liu-dense", {"copies": 0.5}, "copies must be a number of at least 1, not 0.5"),
        ("liu-dense", {"nonlinearity": "tanh"}, r"one of .*none.*relu.*, not 'tanh'"),
        ("liu-dense", {"first_weights": "zero"}, "first_weights must be one of"),
        ("liu-shallow", {"units": 0}, "units must be a whole number of at least 1, not 0"),
        ("liu-shallow", {"units": 2.5}, "units must be a whole number"),
        ("liu-cnn", {"filters": [8]}, "filters, pools must have one number per layer"),
        ("liu-cnn", {"nodes": 0}, "nodes must be a whole number"),
        ("liu-cnn", {"pools": [2, 20]}, "21 × 37 is too small for pools"),
    ],
)
def test_impossible_settings_are_refused(kind, settings, words):
    with pytest.raises(BadRecipe, match=words):
        build(kind, **settings)
