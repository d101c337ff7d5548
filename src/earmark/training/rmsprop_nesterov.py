"""RMSprop with Nesterov momentum, the optimizer of `shah2016`.

Goodfellow, Bengio, Courville, Deep Learning, 2016, Algorithm 8.6, which the paper copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT


class RmspropNesterov(Optimizer):
    """RMSprop with Nesterov momentum.

    With parameters θ, velocity v and accumulated squares r, both zero at first, a step is

        gradient g at θ + α v
        r ← ρ r + (1 − ρ) g²
        v ← α v − η / √r · g
        θ ← θ + v

    **Where the parameters are.** Between steps the tensors hold θ + α v, the point at which the
    next gradient is wanted, so that the usual loop (zero_grad, backward, step) is right as it is.
    θ itself, which is what is judged and published, is there inside `at_parameters`:

        with optimizer.at_parameters():
            judge(network)

    A checkpoint to go on from takes network and optimizer outside of it. The running statistics of
    batch normalization are no parameters, and stay those of the points where gradients were taken.
    The momentum may change from step to step, as under `OneCycleLR`: α v is kept as it was added,
    and what the group says at the end of a step counts for the next one.

    **Division by zero.** The book's RMSprop without momentum (Algorithm 8.5) has a small constant
    under the root, Algorithm 8.6 has none, and none is added here. Where r is 0, since no gradient
    was ever large enough for its square to differ from 0, g / √r counts as 0.

    The paper gives neither η, ρ nor α; the defaults are the usual ones, and a guess.

    Args:
        params: tensors, or groups of them, as every torch optimizer takes them.
        lr: learning rate η.
        decay: ρ, the share of the accumulated squares that is kept.
        momentum: α.

    Raises:
        ValueError: a number is impossible.

    Example:
        >>> import torch
        >>> layer = torch.nn.Linear(3, 1)
        >>> optimizer = RmspropNesterov(layer.parameters(), lr=1e-3)
        >>> layer(torch.ones(1, 3)).sum().backward()
        >>> optimizer.step()
    """

    _at_parameters = False

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, *, decay: float = 0.9, momentum: float = 0.9
    ) -> None:
        if not 0 < lr < float("inf"):
            raise ValueError(f"lr must be above 0, not {lr}")
        for name, share in (("decay", decay), ("momentum", momentum)):
            if not 0 <= share < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, not {share}")
        super().__init__(params, {"lr": lr, "decay": decay, "momentum": momentum})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step by the gradients at hand, or by those that `closure` computes first.

        Returns:
            What `closure` gave.

        Raises:
            RuntimeError: inside `at_parameters`, where gradients are of the wrong point; or a
                gradient is sparse.
        """
        if self._at_parameters:
            raise RuntimeError("a step inside at_parameters() would start from the wrong point")
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)
        return loss

    @contextmanager
    def at_parameters(self) -> Iterator[None]:
        """Inside, the tensors hold θ; afterwards, to the bit, what they held before.

        Raises:
            RuntimeError: inside another one.
        """
        if self._at_parameters:
            raise RuntimeError("the tensors hold the parameters already")
        held = {parameter: parameter.detach().clone() for parameter in self.state}
        self._at_parameters = True
        try:
            with torch.no_grad():
                for parameter in held:
                    parameter.sub_(self.state[parameter]["ahead"])
            yield
        finally:
            with torch.no_grad():
                for parameter, values in held.items():
                    parameter.copy_(values)
            self._at_parameters = False

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        if gradient.is_sparse:
            raise RuntimeError("RmspropNesterov takes no sparse gradients")
        state = self.state[parameter]
        if not state:
            state["squares"] = torch.zeros_like(parameter)  # r
            state["ahead"] = torch.zeros_like(parameter)  # α v
        squares, ahead = state["squares"], state["ahead"]
        squares.mul_(group["decay"]).addcmul_(gradient, gradient, value=1 - group["decay"])
        direction = (gradient / squares.sqrt()).masked_fill_(squares == 0, 0)
        velocity = ahead.sub(direction, alpha=group["lr"])
        parameter.sub_(ahead).add_(velocity)
        torch.mul(velocity, group["momentum"], out=ahead)
        parameter.add_(ahead)
