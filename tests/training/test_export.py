"""Export: what differs from torch is refused, and nothing is said meanwhile."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earmark.errors import EarmarkError
from earmark.training.export import to_onnx
from earmark.training.judge import run_onnx


class Mean(torch.nn.Module):
    """The mean over time, with an error in one of two modes that ONNX cannot see."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self.error = error

    def forward(self, clips):
        wrong = 0.0 if torch.compiler.is_exporting() else self.error
        return (clips.mean(dim=2) + wrong,)


CLIPS = np.random.default_rng(0).normal(size=(1, 4, 40)).astype(np.float32)


def test_nothing_is_written_to_the_screen(capfd):
    model = to_onnx(Mean(0.0), ["genre"], CLIPS)
    assert capfd.readouterr() == ("", "")
    assert np.allclose(run_onnx(model, CLIPS)[0], CLIPS.mean(axis=2), atol=1e-6)


@pytest.mark.parametrize("error", [2e-4, float("nan")])
def test_a_model_that_differs_is_refused(error):
    with pytest.raises(EarmarkError, match="differs from the trained one"):
        to_onnx(Mean(error), ["genre"], CLIPS)
