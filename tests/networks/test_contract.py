"""What every network in `NETWORKS` must do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load

from earmark.errors import BadRecipe
from earmark.networks import NETWORKS, build_network
from earmark.training.export import run_onnx, to_onnx, to_safetensors

BANDS = 128


@pytest.fixture(params=NETWORKS)
def name(request) -> str:
    return request.param


def build(name: str, *, seed: int = 0, settings: dict | None = None, **outputs: int):
    torch.manual_seed(seed)
    return build_network(name, settings or {}, bands=BANDS, outputs=outputs or {"genre": 10})


@pytest.fixture
def clips(log_mels) -> torch.Tensor:
    """Three clips of real music, centred [shape=(3, bands, 100)]."""
    parts = [m[:, 50:150] - m[:, 50:150].mean(axis=1, keepdims=True) for m in log_mels.values()]
    return torch.from_numpy(np.stack(parts[:3]))


@pytest.mark.parametrize("labels", [1, 2, 7, 10])
def test_logits_have_one_column_per_label(name, labels, clips):
    (logits,) = build(name, genre=labels).eval()(clips)
    assert logits.shape == (3, labels)


def test_outputs_come_in_order(name, clips):
    logits = build(name, genre=10, quadrant=4).eval()(clips)
    assert [tuple(array.shape) for array in logits] == [(3, 10), (3, 4)]


@pytest.mark.parametrize("more", [0, 1, 7, 400])
def test_clips_may_have_any_number_of_columns_from_the_fewest_on(name, more):
    network = build(name).eval()
    columns = network.fewest_columns + more
    with torch.inference_mode():
        (logits,) = network(torch.randn(2, BANDS, columns))
    assert logits.shape == (2, 10)
    assert torch.isfinite(logits).all()


def test_the_fewest_columns_are_fewer_than_the_shortest_track_has(name):
    from earmark.features import LogMel

    assert build(name).fewest_columns <= LogMel().shape(3.0)[1]


def test_gradients_reach_every_parameter(name, clips):
    network = build(name, genre=10, quadrant=4).train()
    sum(array.square().sum() for array in network(clips)).backward()
    for parameter, tensor in network.named_parameters():
        assert tensor.grad is not None, parameter
        assert torch.isfinite(tensor.grad).all(), parameter
        assert tensor.grad.abs().sum() > 0, parameter


def test_silence_gives_finite_logits_and_gradients(name):
    network = build(name).train()
    (logits,) = network(torch.zeros(2, BANDS, 64))
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_a_batch_gives_what_its_clips_give_alone(name, clips):
    network = build(name).eval()
    with torch.inference_mode():
        (together,) = network(clips)
        alone = torch.cat([network(clip[None])[0] for clip in clips])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_seed_decides_the_weights(name):
    first, again, other = (to_safetensors(build(name, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_saved_weights_give_the_same_logits(name, clips):
    network = build(name, seed=1)
    network.train()(clips)  # so that the running statistics are not those of a new network
    copy = build(name, seed=2)
    copy.load_state_dict(load(to_safetensors(network)))
    with torch.inference_mode():
        assert torch.equal(network.eval()(clips)[0], copy.eval()(clips)[0])


def test_onnx_gives_the_logits_of_torch_for_other_numbers_of_clips_and_columns(name, clips):
    network = build(name, genre=10, quadrant=4)
    network.train()(clips)
    model = to_onnx(network, ["genre", "quadrant"], clips[:1].numpy(), network.fewest_columns)
    for count, columns in ((1, 100), (3, 61), (5, network.fewest_columns), (2, 387)):
        other = torch.randn(count, BANDS, columns) * 12
        with torch.inference_mode():
            expected = network.eval()(other)
        for ours, theirs in zip(run_onnx(model, other.numpy()), expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() <= 1e-4


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadRecipe, match="unknown network 'resnet'; known: stats-cnn"):
        build("resnet")


def test_an_unknown_setting_is_refused(name):
    with pytest.raises(BadRecipe, match=f"network {name} has no setting 'zzz'; it has "):
        build(name, settings={"zzz": 1})
