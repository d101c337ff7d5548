"""The learner: its loss, its average, its schedule."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earmark.clips import Clips
from earmark.datasets import Track
from earmark.networks import build_network
from earmark.training.data import ClipSet, Item, OutputSpec
from earmark.training.judge import judge
from earmark.training.module import Learner
from earmark.training.recipe import Training


def learner(**settings) -> Learner:
    torch.manual_seed(0)
    small = {"channels": [4], "kernels": [3], "band_pools": [4], "time_pools": [2]}
    network = build_network("stats-cnn", small, shape=(8, 32), outputs={"genre": 3})
    genre = OutputSpec("genre", "classes", ("a", "b", "c"))
    nothing = ClipSet([], Clips())
    return Learner(network, Training(**settings), (genre,), total_steps=100, valid=nothing)


def test_the_loss_is_cross_entropy_with_soft_targets():
    ours = learner(average_decay=0.5)
    ours.network.eval()
    clips = torch.randn(4, 8, 20)
    targets = torch.tensor([[0.8, 0.1, 0.1]] * 4)
    (logits,) = ours.network(clips)
    expected = torch.nn.functional.cross_entropy(logits, targets)
    assert torch.allclose(ours.training_step((clips, (targets,)), 0), expected)


def test_the_penalty_is_added_to_the_loss():
    plain, heavy = learner(average_decay=0), learner(average_decay=0, l2=0.5, l2_on=("answers.*",))
    batch = torch.randn(4, 8, 20), (torch.eye(3)[[0, 1, 2, 0]],)
    plain.network.eval()
    heavy.network.eval()
    squares = sum(float(p.detach().square().sum()) for p in heavy.network.answers.parameters())
    gained = (heavy.training_step(batch, 0) - plain.training_step(batch, 0)).detach()
    assert float(gained) == pytest.approx(0.5 * squares, rel=1e-5)


def test_without_an_average_the_network_itself_is_judged():
    ours = learner(average_decay=0)
    assert ours.judged is ours.network
    assert learner(average_decay=0.5).judged is not ours.network


class TestJudging:
    def clips(self) -> ClipSet:
        """Two tracks, the first of two clips; only their truth is asked for."""
        track = {"labels": {"genre": "b"}, "values": {"valence": 0.25}, "tags": ("x",)}
        other = {"labels": {"genre": "a"}, "values": {"valence": 1.0}}
        clips = ClipSet([], Clips())
        clips.items = [Item(Track("1", None, **track), None), Item(Track("2", None, **other), None)]
        clips._refs = [(0, 0, 0), (0, 1, 5), (1, 0, 0)]
        return clips

    def test_of_classes(self):
        genre = OutputSpec("genre", "classes", ("a", "b"))
        logits = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], np.float32))
        found = judge(self.clips(), [([0, 1], [logits[:2]]), ([2], [logits[2:]])], (genre,))
        assert found["valid_loss"] == pytest.approx(-(np.log(0.45) + np.log(0.3)) / 2)
        assert found["valid_accuracy"] == 0

    def test_of_numbers_and_tags(self):
        outputs = (
            OutputSpec("valence", "number", ("valence",)),
            OutputSpec("tags", "tags", ("x", "y")),
        )
        numbers = np.array([[0.0], [1.0], [0.5]], np.float32)
        tags = np.zeros((3, 2), np.float32)
        found = judge(self.clips(), [([0, 1, 2], [numbers, tags])], outputs)
        error = (0.25**2 + 0.5**2) / 2
        assert found["valid_rmse_valence"] == pytest.approx(error**0.5)
        assert found["valid_loss"] == pytest.approx(error + 2 * np.log(2))


def test_the_average_follows_the_weights_and_forgets_the_first():
    ours = learner(average_decay=0.9)
    weight, average = ours.network.answers[0].weight, ours.average.module.answers[0].weight
    with torch.no_grad():
        for step in range(300):
            weight.fill_(float(step >= 100))
            ours.on_train_batch_end()
            if step == 0:
                assert torch.equal(average, weight)  # the average begins at the weights
            if step == 100:
                assert torch.allclose(average, torch.tensor(0.1), atol=1e-3)
    assert torch.allclose(average, torch.tensor(1.0), atol=1e-3)
    assert not average.requires_grad or average.grad is None


def test_the_rate_rises_in_a_line_and_falls_in_a_cosine():
    ours = learner(learning_rate=0.1, warmup=0.2)
    made = ours.configure_optimizers()
    rates = []
    for _ in range(101):
        rates.append(made["lr_scheduler"]["scheduler"].get_last_lr()[0])
        made["optimizer"].step()
        made["lr_scheduler"]["scheduler"].step()
    assert rates[0] == 0
    assert rates[10] == pytest.approx(0.05)
    assert rates[20] == max(rates) == pytest.approx(0.1)
    assert rates[60] == pytest.approx(0.05)
    assert rates[100] == pytest.approx(0, abs=1e-9)


def test_only_weights_decay():
    groups = learner(weight_decay=0.3).configure_optimizers()["optimizer"].param_groups
    assert [group["weight_decay"] for group in groups] == [0.3, 0.0]
    assert all(p.ndim > 1 for p in groups[0]["params"])
    assert all(p.ndim <= 1 for p in groups[1]["params"])
