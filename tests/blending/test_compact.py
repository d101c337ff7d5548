"""Weights in eight bits: how far they are off, and what stays as it is."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from earmark.blending.compact import in_eight_bits
from earmark.networks import build_network
from earmark.training.export import to_onnx
from earmark.training.judge import run_onnx


@pytest.fixture(scope="module")
def network() -> bytes:
    torch.manual_seed(0)
    built = build_network("stats-cnn", {}, shape=(128, 387), outputs={"genre": 10})
    return to_onnx(built, ["genre"], np.zeros((1, 128, 387), np.float32))


def test_a_quarter_of_the_file_says_the_same(network):
    small = in_eight_bits(network)
    assert len(small) < 0.32 * len(network)
    clips = np.random.default_rng(0).normal(0, 8, (3, 128, 387)).astype(np.float32)
    ours, theirs = run_onnx(small, clips)[0], run_onnx(network, clips)[0]
    assert 0 < np.abs(ours - theirs).max() < 0.02 * np.ptp(theirs)


def test_each_filter_has_a_scale_of_its_own():
    """Off by half a step of its own filter at most, by onnx's own reference."""
    rng = np.random.default_rng(1)
    weights = rng.normal(0, 10.0 ** np.arange(-3, 3)[:, None, None], (6, 20, 20)).astype("f")
    weights[2] = 0
    found = unpacked(in_eight_bits(adding(weights)), weights.shape)
    largest = np.abs(weights).max(axis=(1, 2), keepdims=True)
    assert (np.abs(found - weights) <= largest / 254 * 1.001).all()
    assert (found[2] == 0).all()


def test_little_ones_and_those_of_other_kinds_stay():
    for weights in (np.ones((2, 3), "f"), np.ones((40, 40)), np.ones(2000, "f")):
        model = adding(weights)
        assert onnx.load_from_string(in_eight_bits(model)) == onnx.load_from_string(model)


def adding(weights: np.ndarray) -> bytes:
    """A model that adds some weights to what it is given."""
    kind = helper.np_dtype_to_tensor_dtype(weights.dtype)
    shape = list(weights.shape)
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "adding",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, shape)],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    return model.SerializeToString()


def unpacked(model: bytes, shape: tuple[int, ...]) -> np.ndarray:
    evaluator = ReferenceEvaluator(onnx.load_from_string(model))
    return evaluator.run(None, {"x": np.zeros(shape, "f")})[0]
