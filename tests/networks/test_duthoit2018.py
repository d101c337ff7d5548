"""CNN, LSTM and stack of duthoit2018: their layers counted, their pieces against references."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from earmark.errors import BadRecipe
from earmark.networks import DuthoitCnn, build_network

FULL, QUARTER, SIXTEENTH = DuthoitCnn.shapes
LEARNT = ("dense.0", "answers.0")
NORM = ("running_mean", "running_var", "weight", "bias")
every_resolution = pytest.mark.parametrize("shape", [FULL, QUARTER, SIXTEENTH])


def build(name: str, shape: tuple[int, ...] = SIXTEENTH, *, seed: int = 0, labels=10, **settings):
    torch.manual_seed(seed)
    return build_network(f"duthoit-{name}", settings, shape=shape, outputs={"genre": labels})


def clips_of(shape: tuple[int, ...], count: int = 3) -> torch.Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(5))


def parameters(network: torch.nn.Module, *, trainable: bool = False) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad or not trainable)


def cnn_parameters(shape: tuple[int, int], labels: int, norm: bool = False) -> int:
    rows, columns = shape[0] // 2 // 2 // 2, shape[1] // 4 // 4 // 4
    layers = [  # numbers in, numbers out
        (1 * 3 * 3, 32),
        (32 * 3 * 3, 64),
        (64 * 3 * 3, 128),
        (128 * rows * columns, 500),
    ]
    offsets = 2 if norm else 1  # scale and shift in place of a bias
    return sum((before + offsets) * after for before, after in layers) + (500 + 1) * labels


def lstm_parameters(features: int, labels: int) -> int:
    layers = [(features, 128), (128, 32)]
    gates = sum(4 * (before + units + 1) * units for before, units in layers)
    return gates + (32 + 1) * labels


@every_resolution
@pytest.mark.parametrize("labels", [4, 10])
def test_the_number_of_parameters_of_the_cnn(shape, labels):
    assert parameters(build("cnn", shape, labels=labels)) == cnn_parameters(shape, labels)


def test_the_number_of_parameters_of_the_cnn_with_batch_norm():
    network = build("cnn", batch_norm=True, dropout=0.25)
    assert parameters(network) == cnn_parameters(SIXTEENTH, 10, norm=True)


@every_resolution
@pytest.mark.parametrize(("steps", "axis"), [("rows", 1), ("columns", 0)])
def test_the_number_of_parameters_of_the_lstm(shape, steps, axis):
    assert parameters(build("lstm", shape, steps=steps)) == lstm_parameters(shape[axis], 10)


@every_resolution
def test_the_number_of_parameters_of_the_stack(shape):
    network = build("stack", shape)
    learnt = (2 * 10 + 1) * 20 + (20 + 1) * 10
    assert parameters(network, trainable=True) == learnt
    frozen = cnn_parameters(shape, 10) + lstm_parameters(shape[1], 10)
    assert parameters(network) == learnt + frozen


def test_the_full_cnn_is_as_large_as_keras_says():
    """The sum that Keras prints for the listing."""
    assert parameters(build("cnn", FULL)) == 320 + 18_496 + 73_856 + 13_824_500 + 5_010


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_cnn_is_the_listing(batch_norm):
    network = build("cnn", batch_norm=batch_norm, dropout=0.25)
    clips = clips_of(SIXTEENTH)
    network.train()(clips)  # so that running statistics are not those of a new network
    weights = network.eval().state_dict()
    image = clips[:, None]
    for layer in range(3):
        at = layer * (5 if batch_norm else 4)
        bias = weights.get(f"body.{at}.bias")
        image = functional.conv2d(image, weights[f"body.{at}.weight"], bias, padding="same")
        if batch_norm:
            norm = [weights[f"body.{at + 1}.{name}"][:, None, None] for name in NORM]
            image = (image - norm[0]) / (norm[1] + 1e-3).sqrt() * norm[2] + norm[3]
        image = functional.max_pool2d(functional.relu(image), (2, 4))
    hidden = functional.linear(
        image.flatten(1), weights["dense.0.weight"], weights.get("dense.0.bias")
    )
    if batch_norm:
        norm = [weights[f"dense.1.{name}"] for name in NORM]
        hidden = (hidden - norm[0]) / (norm[1] + 1e-3).sqrt() * norm[2] + norm[3]
    logits = functional.linear(
        hidden.relu(), weights["answers.0.weight"], weights["answers.0.bias"]
    )
    assert torch.allclose(network(clips)[0], logits, atol=1e-5)


def test_weights_begin_as_in_keras():
    for name in ("cnn", "lstm", "stack"):
        network = build(name)
        for layer in network.modules():
            if not isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
                continue
            after, before, *kernel = layer.weight.shape
            limit = (6 / ((before + after) * torch.Size(kernel).numel())) ** 0.5
            assert 0.9 * limit < layer.weight.abs().max() <= limit
            assert not layer.bias.any()


def test_running_statistics_move_as_in_keras():
    network, clips = build("cnn", batch_norm=True).train(), clips_of(SIXTEENTH)
    network(clips)
    mean = network.body[0](clips[:, None]).mean(dim=(0, 2, 3))
    assert torch.allclose(network.body[1].running_mean, 0.01 * mean, atol=1e-6)


def test_the_cnn_drops_in_training_only():
    clips = clips_of(SIXTEENTH)
    network = build("cnn", dropout=0.25)
    assert not torch.equal(network.train()(clips)[0], network(clips)[0])
    assert torch.equal(network.eval()(clips)[0], network(clips)[0])


@pytest.mark.parametrize("steps", ["rows", "columns"])
def test_the_lstm_reads_along_its_axis(steps):
    """Rows from the top, columns from the left, and the answer is of the last state."""
    network = build("lstm", steps=steps).eval()
    clips = clips_of(SIXTEENTH)
    sequences = torch.flip(clips, [1]) if steps == "rows" else clips.transpose(1, 2)
    states = sequences
    for layer, units in zip(network.layers, (128, 32), strict=True):
        reference = torch.nn.LSTM(states.shape[2], units, batch_first=True)
        own = layer.kernel, layer.recurrent_kernel, layer.bias, torch.zeros_like(layer.bias)
        with torch.no_grad():
            for weight, values in zip(reference.parameters(), own, strict=True):
                weight.copy_(values)
        states, _ = reference(states)
    assert torch.allclose(network(clips)[0], network.answers[0](states[:, -1]), atol=1e-6)


def test_the_lstm_has_the_dropout_of_the_listing():
    for masks, shared in (("sequence", False), ("batch", True)):
        network = build("lstm", masks=masks)
        for layer, features in zip(network.layers, (108, 128), strict=True):
            inputs, state = layer.draw_masks(500)
            count = 1 if shared else 500
            assert inputs.shape == (4, count, features)
            assert state.shape == (4, count, layer.units)
            assert float(inputs.max()) == pytest.approx(1 / 0.95)
            assert float(state.max()) == pytest.approx(1 / 0.65)


def test_the_stack_stands_on_the_answers_of_trained_parts():
    lstm, cnn = build("lstm", seed=1).eval(), build("cnn", seed=2).eval()
    stack = build("stack", seed=3)
    stack.load_parts({"lstm": lstm.state_dict(), "cnn": cnn.state_dict()})
    clips = clips_of(SIXTEENTH)
    given = torch.cat([network(clips)[0].softmax(dim=1) for network in (lstm, cnn)], dim=1)
    assert torch.allclose(stack.train().ask(clips), given, atol=1e-6)
    weights = stack.eval().state_dict()
    hidden = functional.linear(given, weights["dense.0.weight"], weights["dense.0.bias"]).relu()
    logits = functional.linear(hidden, weights["answers.0.weight"], weights["answers.0.bias"])
    assert torch.allclose(stack(clips)[0], logits, atol=1e-6)


def test_parts_stay_frozen_and_judging_while_the_stack_learns():
    stack = build("stack", cnn={"batch_norm": True, "dropout": 0.25}).train()
    assert stack.dense.training
    assert not any(module.training for module in stack.parts.modules())
    before = {name: value.clone() for name, value in stack.state_dict().items()}
    optimizer = torch.optim.Adam(stack.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        stack(clips_of(SIXTEENTH))[0].square().sum().backward()
        optimizer.step()
    changed = {name for name, value in stack.state_dict().items() if not value.equal(before[name])}
    assert changed == {f"{layer}.{kind}" for layer in LEARNT for kind in ("weight", "bias")}
    assert stack.eval().train().dense.training


def test_a_stack_over_two_images_has_a_pair_of_parts_for_each():
    stack = build("stack", (*SIXTEENTH, 2)).eval()
    assert list(stack.parts) == ["lstm", "cnn", "lstm-2", "cnn-2"]
    clips = clips_of((*SIXTEENTH, 2))
    given = torch.cat(
        [
            stack.parts[name](clips[..., image])[0].softmax(dim=1)
            for image, names in enumerate((("lstm", "cnn"), ("lstm-2", "cnn-2")))
            for name in names
        ],
        dim=1,
    )
    assert torch.allclose(stack.ask(clips), given, atol=1e-6)
    assert torch.equal(stack(clips)[0], stack.judge(stack.ask(clips))[0])


def test_a_stack_passes_on_a_single_number_as_it_is():
    stack = build("stack", labels=1).eval()
    one, other = (stack(clips_of(SIXTEENTH, 2)[n : n + 1])[0] for n in range(2))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parts: parts.pop("cnn"), "the parts are lstm, cnn, not lstm"),
        (lambda parts: parts.update(gru={}), "the parts are lstm, cnn, not lstm, cnn, gru"),
        (lambda parts: parts["cnn"].pop("dense.0.bias"), "weights of part cnn do not fit"),
        (lambda parts: parts.update(cnn=parts["lstm"]), "weights of part cnn do not fit"),
    ],
)
def test_weights_that_are_not_those_of_the_parts_are_refused(change, words):
    parts = {name: dict(build(name).state_dict()) for name in ("lstm", "cnn")}
    change(parts)
    with pytest.raises(ValueError, match=words):
        build("stack").load_parts(parts)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("cnn", {"channels": [32, 0]}, "channels must be a list"),
        ("cnn", {"channels": [8] * 4}, "72 × 108 is too small to be pooled 2 × 4 4 times"),
        ("cnn", {"dense": 0}, "dense must be a whole number"),
        ("cnn", {"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ("cnn", {"batch_norm": 1}, "batch_norm must be true or false"),
        ("lstm", {"units": []}, "units must be a list"),
        ("lstm", {"dropout": -0.1}, "dropout must be"),
        ("lstm", {"recurrent_dropout": "much"}, "recurrent_dropout must be"),
        ("lstm", {"steps": "time"}, "steps must be one of"),
        ("lstm", {"masks": "step"}, "masks must be one of"),
        ("stack", {"lstm": 1}, "lstm must be a table, not 1"),
        ("stack", {"cnn": {"dens": 1}}, "duthoit-cnn has no setting 'dens'; did you mean 'dense'"),
        ("stack", {"lstm": {"units": [0]}}, "network duthoit-lstm: units must be"),
        ("stack", {"dense": 0}, "dense must be"),
        ("stack", {"dropout": 1}, "dropout must be"),
    ],
)
def test_impossible_settings_are_refused(name, settings, words):
    with pytest.raises(BadRecipe, match=words):
        build(name, **settings)
