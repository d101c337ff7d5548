"""A small CNN that pools statistics over time: Earmark's own, behind the default model.

Four convolutions with max pooling see the log-mel as an image. A fifth reaches over all bands
that are left, since where a pattern lies in frequency matters and when it sounds does not. Mean and
standard deviation over time ("statistics pooling", Snyder et al. 2017, X-vectors) then make clips
of any length comparable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from earmark.networks.images import as_image
from earmark.networks.pooling import Pooling


class StatsCnn(nn.Module):
    """Convolutions, one over all bands, mean and deviation over time, one linear layer per output.

    Example:
        >>> import torch
        >>> network = StatsCnn((128, 387), {"genre": 10}, StatsCnn.Settings())
        >>> network(torch.zeros(2, 128, 387))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "stats-cnn"
    any_length: ClassVar[bool] = True
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((128, 387), (128, 100))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of each convolution.
            kernels: their width and height.
            band_pools: by how much max pooling after each divides the bands.
            time_pools: by how much it divides the columns.
            first_stride: stride of the first convolution, both ways.
            head_channels: filters of the convolution over all remaining bands.
            dropout: share of pooled values dropped in training.
            decibels_per_unit: levels are divided by this first.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (16, 32, 64, 128)
        kernels: tuple[int, ...] = (3, 3, 3, 3)
        band_pools: tuple[int, ...] = (2, 2, 2, 4)
        time_pools: tuple[int, ...] = (2, 2, 2, 2)
        first_stride: int = 1
        head_channels: int = 128
        dropout: float = 0.3
        decibels_per_unit: float = 12.0

        def __post_init__(self) -> None:
            sizes = (self.channels, self.kernels, self.band_pools, self.time_pools)
            if len({len(size) for size in sizes}) != 1:
                raise ValueError("channels, kernels, band_pools and time_pools differ in length")
            numbers = [n for size in sizes for n in size] + [self.first_stride, self.head_channels]
            if any(not isinstance(number, int) or number < 1 for number in numbers):
                raise ValueError("sizes must be whole numbers of at least 1")
            if any(kernel % 2 == 0 for kernel in self.kernels):
                raise ValueError(f"kernels must be odd, not {self.kernels}")
            if not 0 <= self.dropout < 1:
                raise ValueError(f"dropout must be at least 0 and below 1, not {self.dropout}")
            if not self.decibels_per_unit > 0:
                raise ValueError(f"decibels_per_unit must be above 0, not {self.decibels_per_unit}")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (bands, columns), not clips of shape {shape}")
        bands = shape[0]
        sizes = (settings.channels, settings.kernels, settings.band_pools, settings.time_pools)
        self.fewest_columns = settings.first_stride * math.prod(settings.time_pools)
        self._scale = settings.decibels_per_unit
        layers: list[nn.Module] = []
        before, rows = 1, -(-bands // settings.first_stride)
        for i, (channels, kernel, *pool) in enumerate(zip(*sizes, strict=True)):
            stride = settings.first_stride if i == 0 else 1
            layers += [
                nn.Conv2d(before, channels, kernel, stride, kernel // 2, bias=False),
                nn.BatchNorm2d(channels),
                # Pooling before ReLU is the same function and keeps less in memory.
                nn.MaxPool2d((pool[0], pool[1])),
                nn.ReLU(),
            ]
            before, rows = channels, rows // pool[0]
        if rows < 1:
            raise ValueError(f"{bands} bands are too few for band_pools {settings.band_pools}")
        self.body = Pooling(*layers)
        self.head = nn.Sequential(
            nn.Conv2d(before, settings.head_channels, (rows, 1), bias=False),
            nn.BatchNorm2d(settings.head_channels),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.answers = nn.ModuleList(
            nn.Linear(2 * settings.head_channels, count) for count in outputs.values()
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips [shape=(clips, bands, columns)].

        Levels are in dB, each band's mean removed.
        """
        image = as_image(clips / self._scale)
        over_time = self.head(self.body(image))[:, :, 0]
        mean = over_time.mean(dim=2, keepdim=True)
        variance = (over_time - mean).square().mean(dim=2)
        # The small constant keeps the gradient of the root finite where nothing varies.
        pooled = torch.cat([mean[:, :, 0], torch.sqrt(variance + 1e-4)], dim=1)
        dropped = self.dropout(pooled)
        return tuple(answer(dropped) for answer in self.answers)
