"""ZFNet and GTZANet of `cox2021`: spectrograms as colour images, 288 × 432 × 3.

The first is the network of M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional
networks", 2013, which the paper takes over; the second is the paper's own and "based on ZFNet".
Both end in a softmax, which belongs to the loss here. The paper feeds them images of 30 s and
proposes images of 3 s; values are from 0 to 1, as `ColourImage` gives them (how the paper scales
them is not said).

The paper's networks are "implemented in tensorflow using the Sequential class". Weights begin as
they do there, which matters without batch normalization: uniform within ± sqrt(6 / (inputs +
outputs)), biases 0 (X. Glorot and Y. Bengio 2010). torch's own beginning is smaller, so that
signals fade from layer to layer. Zeiler and Fergus begin with 0.01 for all weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from earmark.networks.pooling import Pooling
from earmark.networks.settings import check_share, check_sizes


class ZfNet(nn.Module):
    """Five convolutions with shrinking kernels, two dense layers of 4096 (`cox2021`).

    Layers, with s for the stride and p for the padding:

    1. conv 7 × 7 × 96 s 2 p 1, ReLU, max pooling 3 × 3 s 2, contrast normalization
    2. conv 5 × 5 × 256 s 2, ReLU, max pooling 3 × 3 s 2, contrast normalization
    3. conv 3 × 3 × 384 p 1, ReLU
    4. conv 3 × 3 × 384 p 1, ReLU
    5. conv 3 × 3 × 256 p 1, ReLU, max pooling 3 × 3 s 2
    6. flatten, dense 4096, ReLU, dropout 0.5
    7. dense 4096, ReLU, dropout 0.5
    8. per output a dense layer

    The paper says "five layers of convolutions" and two dense layers of 4096; its drawing is lost,
    and kernels and filters are the original's. Guesses: padding, and pooling that takes a part of a
    window at the edge, which together give the sizes that the original prints for 224 × 224 (110,
    55, 26, 13, 6); normalization where the original draws it, with the constants of A. Krizhevsky
    et al. 2012, since the original gives none; dropout, which is the original's.

    At 288 × 432 it has 130 million weights, 109 million of them between flattened and first dense
    layer. Smaller, (72, 108, 3): the same divided by 16.

    Example:
        >>> import torch
        >>> network = ZfNet((72, 108, 3), {"genre": 10}, ZfNet.Settings(dense=(64, 64)))
        >>> network(torch.zeros(2, 72, 108, 3))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "zfnet"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((288, 432, 3), (72, 108, 3))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of the five convolutions.
            dense: sizes of the dense layers before the outputs.
            dropout: share of their values dropped in training.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (96, 256, 384, 384, 256)
        dense: tuple[int, ...] = (4096, 4096)
        dropout: float = 0.5

        def __post_init__(self) -> None:
            check_sizes(self, "channels")
            check_sizes(self, "dense")
            check_share(self, "dropout")
            if len(self.channels) != 5:
                raise ValueError(f"channels must be five numbers, not {self.channels}")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        rows, columns = _rows_and_columns(shape)
        self.fewest_columns = columns
        first, second, third, fourth, fifth = settings.channels
        self.body = Pooling(
            *_zf_layer(3, first, kernel=7, stride=2, padding=1, pooled=True),
            ContrastNormalization(first),
            *_zf_layer(first, second, kernel=5, stride=2, padding=0, pooled=True),
            ContrastNormalization(second),
            *_zf_layer(second, third, kernel=3, stride=1, padding=1, pooled=False),
            *_zf_layer(third, fourth, kernel=3, stride=1, padding=1, pooled=False),
            *_zf_layer(fourth, fifth, kernel=3, stride=1, padding=1, pooled=True),
        )
        left = _zf_size(rows), _zf_size(columns)
        if min(left) < 1:
            raise ValueError(f"images of {rows} × {columns} are too small")
        layers: list[nn.Module] = []
        before = fifth * left[0] * left[1]
        for size in settings.dense:
            layers += [nn.Linear(before, size), nn.ReLU(), nn.Dropout(settings.dropout)]
            before = size
        self.dense = nn.Sequential(*layers)
        self.answers = nn.ModuleList(nn.Linear(before, count) for count in outputs.values())
        _begin_as_tensorflow(self)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits by output [shape=(clips, labels)] for clips [shape=(clips, rows, columns, 3)]."""
        vectors = self.dense(self.body(clips.movedim(3, 1)).flatten(1))
        return tuple(answer(vectors) for answer in self.answers)


class GtzaNet(nn.Module):
    """Convolutions of 3 × 3, max pooling after each, no dense layer but the output (`cox2021`).

    Layers: conv 3 × 3, stride 1, with 32, 64, 128, 128, 128 filters, each with ReLU and max pooling
    2 × 2; flatten; per output a dense layer.

    The drawing with the counts is lost. Guesses: five convolutions, "a similar series of sequential
    layers" to ZFNet's; padding that keeps the size; pooling 2 × 2; and those filters, because with
    them the network multiplies about half as often as ZFNet, where the paper cuts "the training
    time roughly in half". Smaller, (72, 108, 3): the paper's images divided by 16.

    Example:
        >>> import torch
        >>> network = GtzaNet((72, 108, 3), {"genre": 10}, GtzaNet.Settings())
        >>> network(torch.zeros(2, 72, 108, 3))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "gtzanet"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((288, 432, 3), (72, 108, 3))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of each convolution; a guess.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (32, 64, 128, 128, 128)

        def __post_init__(self) -> None:
            check_sizes(self, "channels")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        rows, columns = _rows_and_columns(shape)
        self.fewest_columns = columns
        layers: list[nn.Module] = []
        before = 3
        for channels in settings.channels:
            # Pooling before ReLU is the same function and keeps less in memory.
            layers += [
                nn.Conv2d(before, channels, 3, padding=1),
                nn.MaxPool2d(2),
                nn.ReLU(),
            ]
            before, rows, columns = channels, rows // 2, columns // 2
        if min(rows, columns) < 1:
            raise ValueError(
                f"images of {shape[0]} × {shape[1]} are too small for "
                f"{len(settings.channels)} convolutions with pooling"
            )
        self.body = Pooling(*layers)
        self.answers = nn.ModuleList(
            nn.Linear(before * rows * columns, count) for count in outputs.values()
        )
        _begin_as_tensorflow(self)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits by output [shape=(clips, labels)] for clips [shape=(clips, rows, columns, 3)]."""
        vectors = self.body(clips.movedim(3, 1)).flatten(1)
        return tuple(answer(vectors) for answer in self.answers)


class ContrastNormalization(nn.Module):
    """Divides each value by what its neighbours in other feature maps amount to at that place.

    y_i = x_i / (2 + 1e-4 · sum of x_j² over |i − j| ≤ 2) ^ 0.75 (Krizhevsky et al. 2012, 3.3). The
    sum is a convolution of 1 × 1 with a band matrix: half the time of torch's own, which slides a
    window over the maps.
    """

    band: Tensor
    constant: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        index = torch.arange(channels)
        near = (index[:, None] - index).abs() <= 2
        # Not weights, and so not saved with them.
        self.register_buffer("band", 1e-4 * near.float()[:, :, None, None], persistent=False)
        self.register_buffer("constant", torch.full((channels,), 2.0), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Normalize maps [shape=(clips, channels, rows, columns)]; the shape stays."""
        amount = nn.functional.conv2d(maps.square(), self.band, self.constant)
        return maps * amount.pow(-0.75)


def _rows_and_columns(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 3 or shape[2] != 3:
        raise ValueError(f"it takes colour images (rows, columns, 3), not clips of shape {shape}")
    return shape[0], shape[1]


def _zf_layer(
    before: int, after: int, *, kernel: int, stride: int, padding: int, pooled: bool
) -> list[nn.Module]:
    """Convolution, pooling if any, ReLU: pooling first is the same function for less memory."""
    pool = [nn.MaxPool2d(3, 2, ceil_mode=True)] if pooled else []
    return [nn.Conv2d(before, after, kernel, stride, padding), *pool, nn.ReLU()]


def _zf_size(size: int) -> int:
    """Rows or columns that are left of an image's after ZFNet's layers; below 1 if too few."""

    def convolved(n: int, kernel: int, padding: int) -> int:
        return (n + 2 * padding - kernel) // 2 + 1

    def pooled(n: int) -> int:
        return -(-(n - 3) // 2) + 1  # a part of a window counts

    return pooled(pooled(convolved(pooled(convolved(size, 7, 1)), 5, 0)))


def _begin_as_tensorflow(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
