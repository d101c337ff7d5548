"""What every network in `NETWORKS` must do, at every shape that its paper feeds it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load

from earmark.errors import BadRecipe
from earmark.networks import NETWORKS, build_network
from earmark.training.export import to_onnx, to_safetensors
from earmark.training.judge import run_onnx

every_network = pytest.mark.parametrize("name", NETWORKS)
every_shape = pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name in NETWORKS for shape in NETWORKS[name].shapes]
)


def smallest(name: str) -> tuple[int, ...]:
    return NETWORKS[name].shapes[-1]


NARROW = {"zfnet": {"dense": [256, 256]}}
"""Settings for which a network that is slow to build and to export takes seconds. The layers stay;
zfnet's two of 4096 hold 19 of its 23 million weights. Every shape is tried at the paper's sizes."""


def build(name: str, *, shape=None, seed: int = 0, settings: dict | None = None, **outputs: int):
    torch.manual_seed(seed)
    settings = NARROW.get(name, {}) if settings is None else settings
    return build_network(
        name, settings, shape=shape or smallest(name), outputs=outputs or {"genre": 10}
    )


@pytest.fixture(scope="module")
def clips_of(log_mels):
    """Three clips of real music in any shape: log-mels, enlarged or coloured by repeating cells."""

    def make(shape: tuple[int, ...]) -> torch.Tensor:
        clips = []
        for log_mel in list(log_mels.values())[:3]:
            centred = log_mel - log_mel.mean(axis=1, keepdims=True)
            rows = np.arange(shape[0]) * centred.shape[0] // shape[0]
            clip = centred[rows][:, 50 + np.arange(shape[1]) % 200] / 40
            clips.append(np.stack([clip] * 3, axis=2) if len(shape) == 3 else clip)
        return torch.from_numpy(np.stack(clips).astype(np.float32))

    return make


@every_shape
def test_logits_have_one_column_per_label(name, shape, clips_of):
    with torch.inference_mode():
        (logits,) = build(name, shape=shape, settings={}).eval()(clips_of(shape)[:1])
    assert logits.shape == (1, 10)
    assert torch.isfinite(logits).all()


@every_network
@pytest.mark.parametrize("labels", [1, 2, 7, 10])
def test_any_number_of_labels(name, labels, clips_of):
    (logits,) = build(name, genre=labels).eval()(clips_of(smallest(name)))
    assert logits.shape == (3, labels)


@every_network
def test_outputs_come_in_order(name, clips_of):
    logits = build(name, genre=10, quadrant=4).eval()(clips_of(smallest(name)))
    assert [tuple(array.shape) for array in logits] == [(3, 10), (3, 4)]


@every_network
@pytest.mark.parametrize("more", [0, 1, 7, 400])
def test_clips_may_be_of_the_lengths_that_it_says(name, more):
    network = build(name).eval()
    rows, columns, *depth = smallest(name)
    if network.any_length:
        columns = network.fewest_columns + more
    else:
        assert network.fewest_columns == columns
    with torch.inference_mode():
        (logits,) = network(torch.randn(2, rows, columns, *depth))
    assert logits.shape == (2, 10)
    assert torch.isfinite(logits).all()


@every_network
def test_gradients_reach_every_parameter(name, clips_of):
    network = build(name, genre=10, quadrant=4).train()
    sum(array.square().sum() for array in network(clips_of(smallest(name)))).backward()
    for parameter, tensor in network.named_parameters():
        if not tensor.requires_grad:  # frozen on purpose
            continue
        assert tensor.grad is not None, parameter
        assert torch.isfinite(tensor.grad).all(), parameter
        assert tensor.grad.abs().sum() > 0, parameter


@every_network
def test_silence_gives_finite_logits_and_gradients(name):
    network = build(name).train()
    (logits,) = network(torch.zeros(2, *smallest(name)))
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    gradients = [p.grad for p in network.parameters() if p.requires_grad]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@every_network
def test_a_batch_gives_what_its_clips_give_alone(name, clips_of):
    network, clips = build(name).eval(), clips_of(smallest(name))
    with torch.inference_mode():
        (together,) = network(clips)
        alone = torch.cat([network(clip[None])[0] for clip in clips])
    assert torch.allclose(together, alone, atol=1e-5)


@every_network
def test_the_seed_decides_the_weights(name):
    first, again, other = (to_safetensors(build(name, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@every_network
def test_saved_weights_give_the_same_logits(name, clips_of):
    network, clips = build(name, seed=1), clips_of(smallest(name))
    network.train()(clips)  # so that running statistics are not those of a new network
    copy = build(name, seed=2)
    copy.load_state_dict(load(to_safetensors(network)))
    with torch.inference_mode():
        assert torch.equal(network.eval()(clips)[0], copy.eval()(clips)[0])


@every_network
def test_onnx_gives_the_logits_of_torch(name, clips_of):
    network, clips = build(name, genre=10, quadrant=4), clips_of(smallest(name))
    network.train()(clips)
    fewest = network.fewest_columns if network.any_length else None
    model = to_onnx(network, ["genre", "quadrant"], clips[:1].numpy(), fewest)
    rows, columns, *depth = smallest(name)
    lengths = (columns, 61, network.fewest_columns, 387) if network.any_length else (columns,)
    for count, length in zip((1, 3, 5, 2), lengths * 4, strict=False):
        other = torch.randn(count, rows, length, *depth)
        with torch.inference_mode():
            expected = network.eval()(other)
        for ours, theirs in zip(run_onnx(model, other.numpy()), expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() <= 1e-4


@every_network
def test_an_impossible_shape_is_refused(name):
    with pytest.raises(BadRecipe, match=f"network {name}: "):
        build(name, shape=(1, 1, 1, 1))


@every_network
def test_an_unknown_setting_is_refused(name):
    with pytest.raises(BadRecipe, match=f"network {name} has no setting 'zzz'"):
        build(name, settings={"zzz": 1})


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadRecipe, match="unknown network 'resnet'; known: stats-cnn"):
        build("resnet", shape=(128, 387))


def test_the_default_network_takes_the_shortest_track():
    from earmark.features import LogMel

    assert build("stats-cnn").fewest_columns <= LogMel().shape(3.0)[1]
