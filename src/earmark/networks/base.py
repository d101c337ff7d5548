"""What every network offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from torch import Tensor


class Network(Protocol):
    """A torch module: clips in, one array of logits per output.

    Attributes:
        name: what recipes call it.
        any_length: whether clips may have any number of columns, or only that of the shape that
            the network was built for.
        shapes: what its paper feeds it, the smallest last; the contract tests build it for each.
        Settings: frozen dataclass of what a recipe may change; it raises ValueError for impossible
            values.
        fewest_columns: how short clips may be.
    """

    name: ClassVar[str]
    any_length: ClassVar[bool]
    shapes: ClassVar[tuple[tuple[int, ...], ...]]
    Settings: ClassVar[Any]
    fewest_columns: int

    def __init__(self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Any) -> None:
        """Fresh weights.

        Args:
            shape: of one clip: (bands, columns), or (rows, columns, 3) for colour images.
            outputs: number of labels by output.
            settings: its `Settings`.

        Raises:
            ValueError: it cannot take clips of that shape; the message says why.
        """

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips [shape=(clips, *shape)]."""


@runtime_checkable
class Observer(Protocol):
    """A network that must know the clips of the train side before its first step."""

    def observe(self, clips: Tensor) -> None:
        """Take from the train side's clips [shape=(clips, *shape)] what is kept in buffers."""


@runtime_checkable
class Stack(Protocol):
    """A network that judges by other networks, which are trained before it."""

    def load_parts(self, parts: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Take the trained weights of each part, by the part's name."""
