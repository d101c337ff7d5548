"""A long short-term memory with recurrent dropout, which torch's own has not.

Recurrent dropout (Gal and Ghahramani 2016, "A theoretically grounded application of dropout in
recurrent neural networks") multiplies the state that a step hands to the next by a mask that stays
the same over all steps of a sequence. As in Keras (its `LSTM` of 2018 and of today alike) each of
the four gates has a mask of its own, for the inputs and for the state; what is kept is divided by
the share kept; nothing is dropped from the cell and nothing in evaluation.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

GATES = 4  # input, forget, candidate, output: the order of torch and of Keras


class Lstm(nn.Module):
    """One layer: sequences in, the state after each step out.

    For the gates i, f, o and the candidate g, with ⊙ by element and masks m, r:

        i, f, o = σ(W (m ⊙ x) + U (r ⊙ h) + b), g = tanh(the same), each with its own W, U, b, m, r
        c ← f ⊙ c + i ⊙ g,  h ← o ⊙ tanh(c)

    Weights begin as in Keras: W uniform (Glorot and Bengio 2010), U orthogonal, b zero, but one
    for the forget gate. There is one b per gate, not torch's two.

    Attributes:
        kernel: W [shape=(4 · units, features)].
        recurrent_kernel: U [shape=(4 · units, units)].
        bias: b [shape=(4 · units,)].

    Example:
        >>> import torch
        >>> Lstm(108, 32, recurrent_dropout=0.35)(torch.zeros(2, 72, 108)).shape
        torch.Size([2, 72, 32])
    """

    def __init__(
        self,
        features: int,
        units: int,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        shared_masks: bool = False,
    ) -> None:
        """Fresh weights.

        Args:
            features: numbers per step.
            units: length of the state.
            dropout: share of the inputs dropped in training.
            recurrent_dropout: share of the state dropped in training.
            shared_masks: whether all sequences of a batch have the same masks. These fold into
                the weights, so that torch's fused kernel serves.
        """
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(GATES * units, features))
        self.recurrent_kernel = nn.Parameter(torch.empty(GATES * units, units))
        self.bias = nn.Parameter(torch.zeros(GATES * units))
        nn.init.xavier_uniform_(self.kernel)
        nn.init.orthogonal_(self.recurrent_kernel)
        nn.init.ones_(self.bias[units : 2 * units])
        self.features, self.units = features, units
        self._shares = dropout, recurrent_dropout
        self._shared_masks = shared_masks

    def draw_masks(self, sequences: int) -> tuple[Tensor, Tensor]:
        """Masks of inputs and state [shape=(4, sequences or 1, features or units)]."""
        count = 1 if self._shared_masks else sequences
        inputs, state = (
            self.bias.new_empty(GATES, count, size).bernoulli_(1 - share).div_(1 - share)
            for size, share in zip((self.features, self.units), self._shares, strict=True)
        )
        return inputs, state

    def forward(self, sequences: Tensor) -> Tensor:
        """States [shape=(sequences, steps, units)] of [shape=(sequences, steps, features)]."""
        if torch.onnx.is_in_onnx_export():
            return self._as_onnx(sequences)
        if not self.training or not any(self._shares):
            return self._fused(sequences, self.kernel, self.recurrent_kernel)
        inputs_mask, state_mask = self.draw_masks(len(sequences))
        kernels = self.kernel.view(GATES, self.units, self.features)
        recurrent = self.recurrent_kernel.view(GATES, self.units, self.units)
        if self._shared_masks:
            folded = (kernels * inputs_mask).flatten(0, 1)
            return self._fused(sequences, folded, (recurrent * state_mask).flatten(0, 1))
        steps = sequences.transpose(0, 1)
        dropped = (steps * inputs_mask[:, None]).flatten(1, 2)
        bias = self.bias.view(GATES, 1, self.units)
        projected = torch.baddbmm(bias, dropped, kernels.transpose(1, 2))
        by_step = projected.view(GATES, *steps.shape[:2], self.units).transpose(0, 1)
        # Under autocast the products may come in half precision; the recurrence keeps float32.
        by_step = by_step.to(recurrent.dtype)
        states: Tensor = _Recurrence.apply(  # type: ignore[no-untyped-call]
            by_step, recurrent.transpose(1, 2), state_mask
        )
        return states.transpose(0, 1)

    def _fused(self, sequences: Tensor, kernel: Tensor, recurrent_kernel: Tensor) -> Tensor:
        start = sequences.new_zeros(1, len(sequences), self.units)
        weights = [kernel, recurrent_kernel, self.bias, torch.zeros_like(self.bias)]
        states, _, _ = torch.lstm(
            sequences,
            (start, start),
            weights,
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=self.training,
            bidirectional=False,
            batch_first=True,
        )
        return states

    def _as_onnx(self, sequences: Tensor) -> Tensor:
        """The same as one ONNX node, since the exporter would trace each step of torch's own."""

        def in_order_of_onnx(weights: Tensor) -> Tensor:
            inlet, keep, candidate, outlet = weights.chunk(GATES)
            return torch.cat([inlet, outlet, keep, candidate])[None]

        biases = in_order_of_onnx(self.bias), torch.zeros_like(self.bias)[None]
        weights = in_order_of_onnx(self.kernel), in_order_of_onnx(self.recurrent_kernel)
        count, steps, _ = sequences.shape
        states = torch.onnx.ops.symbolic(
            "LSTM",
            (sequences.transpose(0, 1), *weights, torch.cat(biases, dim=1)),
            {"hidden_size": self.units},
            dtype=sequences.dtype,
            shape=(steps, 1, count, self.units),
            version=14,
        )
        return states[:, 0].transpose(0, 1)


class _Recurrence(torch.autograd.Function):
    """All steps of one layer, with a gradient written by hand.

    Left to autograd, each step would keep and replay a dozen small operations; here the products
    of all steps with the weights' gradient are one, and so are all factors that do not wait for
    the step after.
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, kernels: Tensor, mask: Tensor) -> Tensor:
        """States after each step [shape=(steps, sequences, units)].

        Args:
            ctx: what backward will need.
            projected: the inputs' part of each gate [shape=(steps, 4, sequences, units)].
            kernels: U by gate, transposed [shape=(4, units, units)].
            mask: of the state [shape=(4, sequences, units)].
        """
        kernels = kernels.contiguous()
        gates = projected.clone(memory_format=torch.contiguous_format)
        steps, _, count, units = gates.shape
        cells, states = gates.new_zeros(2, steps + 1, count, units)
        masked, bent = torch.empty_like(mask), torch.empty_like(mask[0])
        # Taking views apart at once is much cheaper than at every step.
        sums, opening = gates.unbind(0), gates[:, :2].unbind(0)
        inlets, keeps, candidates, outlets = (gate.unbind(0) for gate in gates.unbind(1))
        cell, state = cells.unbind(0), states.unbind(0)
        for t in range(steps):
            torch.mul(state[t], mask, out=masked)
            sums[t].baddbmm_(masked, kernels)
            opening[t].sigmoid_()
            candidates[t].tanh_()
            outlets[t].sigmoid_()
            torch.mul(keeps[t], cell[t], out=cell[t + 1])
            cell[t + 1].addcmul_(inlets[t], candidates[t])
            torch.tanh(cell[t + 1], out=bent)
            torch.mul(outlets[t], bent, out=state[t + 1])
        ctx.save_for_backward(kernels, mask, gates, cells, states)
        after: Tensor = states[1:]
        return after

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients of the projected inputs and of the kernels."""
        kernels, mask, gates, cells, states = ctx.saved_tensors
        inlets, keeps, candidates, outlets = gates.unbind(1)
        bent = cells[1:].tanh()
        # Derivative of each gate's effect by its sum, still without the gradient of what it acts on
        slopes = torch.empty_like(gates)
        torch.mul(candidates, inlets * (1 - inlets), out=slopes[:, 0])
        torch.mul(cells[:-1], keeps * (1 - keeps), out=slopes[:, 1])
        torch.mul(inlets, 1 - candidates.square(), out=slopes[:, 2])
        torch.mul(bent, outlets * (1 - outlets), out=slopes[:, 3])
        into_cell = (outlets * (1 - bent.square())).unbind(0)
        _through_time(slopes, into_cell, keeps.unbind(0), gradient.unbind(0), kernels, mask)
        by_gate = slopes.transpose(0, 1).flatten(1, 2)
        before = (states[:-1] * mask[:, None]).flatten(1, 2)
        return slopes, torch.bmm(before.transpose(1, 2), by_gate), None


def _through_time(
    slopes: Tensor,
    into_cell: tuple[Tensor, ...],
    keeps: tuple[Tensor, ...],
    gradient: tuple[Tensor, ...],
    kernels: Tensor,
    mask: Tensor,
) -> None:
    """Turn slopes [shape=(steps, 4, sequences, units)] into gradients of the sums, in place."""
    back = kernels.transpose(1, 2).contiguous()
    masked, of_state, of_cell = (torch.zeros_like(like) for like in (mask, mask[0], mask[0]))
    parts = list(zip(masked.unbind(0), mask.unbind(0), strict=True))
    sums, on_cell, on_state = slopes.unbind(0), slopes[:, :3].unbind(0), slopes[:, 3].unbind(0)
    for t in reversed(range(len(sums))):
        of_state += gradient[t]
        of_cell.addcmul_(of_state, into_cell[t])
        on_cell[t].mul_(of_cell)
        on_state[t].mul_(of_state)
        of_cell *= keeps[t]
        torch.bmm(sums[t], back, out=masked)
        of_state.zero_()
        for part, gate_mask in parts:
            of_state.addcmul_(part, gate_mask)
