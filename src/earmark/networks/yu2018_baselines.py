"""The two networks that `yu2018` compares its own with: after Zhang et al. and Choi et al., 2016.

The paper names them, prints their accuracy and says no more: not which of the networks of either
text it took, nor how it fitted them to grey slices of 3 s and two outputs. Here each is the body of
the original with one decision layer per output, as in the paper's own network. The originals:

- W. Zhang, W. Lei, X. Xu, X. Xing, "Improved music genre classification with convolutional neural
  networks", Interspeech 2016.
- K. Choi, G. Fazekas, M. Sandler, K. Cho, "Convolutional recurrent neural networks for music
  classification", 2016.

Both are built as they are commonly described, since the papers' texts were not at hand. Decision
layers end in a softmax, which belongs to the loss here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from earmark.features.settings import check_counts
from earmark.networks.images import as_image
from earmark.networks.pooling import Pooling
from earmark.networks.settings import check_share, check_sizes


class ZhangCnn(nn.Module):
    """Convolutions over time with a shortcut, pooled by maximum and mean (baseline of `yu2018`).

    Layers: conv over all rows and 4 columns, 256; two convs over 4 columns, 256 each, around which
    a shortcut leads; maximum and mean over time side by side, 512; dense 300; dense 150; per output
    a dense layer. Every convolution has batch normalization, all layers ReLU, the dense ones
    dropout.

    Guesses: of Zhang's two networks the one with the shortcut, for which `cox2021` cites the text;
    batch normalization; dropout 0.2. Deviation: the original reads linear spectrograms of 513 rows;
    here the first convolution is as high as the image.

    Example:
        >>> import torch
        >>> network = ZhangCnn((128, 130), {"genre": 6, "mood": 3}, ZhangCnn.Settings())
        >>> [logits.shape[1] for logits in network(torch.zeros(2, 128, 130))]
        [6, 3]
    """

    name: ClassVar[str] = "zhang-cnn"
    any_length: ClassVar[bool] = True
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((128, 130), (128, 39))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of each convolution.
            dense: sizes of the dense layers.
            dropout: share of their values dropped in training.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: int = 256
        dense: tuple[int, ...] = (300, 150)
        dropout: float = 0.2

        def __post_init__(self) -> None:
            check_counts(self, "channels")
            check_sizes(self, "dense")
            check_share(self, "dropout")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (rows, columns), not clips of shape {shape}")
        channels = settings.channels
        self.fewest_columns = 4
        self.first = nn.Sequential(
            nn.Conv1d(shape[0], channels, 4, bias=False), nn.BatchNorm1d(channels), nn.ReLU()
        )
        # Kernels of even width: the padding of one makes up for that of the other.
        self.around = nn.Sequential(
            nn.Conv1d(channels, channels, 4, padding=2, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 4, padding=1, bias=False),
            nn.BatchNorm1d(channels),
        )
        layers: list[nn.Module] = []
        before = 2 * channels
        for size in settings.dense:
            layers += [nn.Linear(before, size), nn.ReLU(), nn.Dropout(settings.dropout)]
            before = size
        self.dense = nn.Sequential(*layers)
        self.answers = nn.ModuleList(nn.Linear(before, count) for count in outputs.values())

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits by output [shape=(clips, labels)] for clips [shape=(clips, rows, columns)]."""
        over_time = self.first(clips)
        over_time = torch.relu(over_time + self.around(over_time))
        pooled = torch.cat([over_time.amax(dim=2), over_time.mean(dim=2)], dim=1)
        vectors = self.dense(pooled)
        return tuple(answer(vectors) for answer in self.answers)


class ChoiCnn(nn.Module):
    """The convolutions of Choi's convolutional recurrent network (baseline of `yu2018`).

    Layers: conv 3 × 3 with 64, 128, 128, 128 filters, each with batch normalization, ELU, max
    pooling (2 × 2, 3 × 3, 4 × 4, 4 × 4) and dropout 0.1; flatten; dropout 0.3; per output a dense
    layer.

    Deviation: the original's two GRUs of 32 are left out. Pooling divides columns by 96, and a
    slice of 3 s has 130: one step is left, over which nothing recurs, so that the weights between
    steps would never get a gradient. Guess: the image is 128 × 130, as for `yu-cnn`; the original
    has 96 rows. Smaller, (96, 96): the smallest image of which the pooling leaves a cell.

    Example:
        >>> import torch
        >>> network = ChoiCnn((128, 130), {"genre": 6, "mood": 3}, ChoiCnn.Settings())
        >>> [logits.shape[1] for logits in network(torch.zeros(2, 128, 130))]
        [6, 3]
    """

    name: ClassVar[str] = "choi-cnn"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((128, 130), (96, 96))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of each convolution.
            pools: by how much max pooling after each divides rows and columns.
            dropout: share of pooled values dropped in training.
            last_dropout: share of flattened values dropped in training.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (64, 128, 128, 128)
        pools: tuple[int, ...] = (2, 3, 4, 4)
        dropout: float = 0.1
        last_dropout: float = 0.3

        def __post_init__(self) -> None:
            check_sizes(self, "channels", "pools")
            check_share(self, "dropout")
            check_share(self, "last_dropout")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (rows, columns), not clips of shape {shape}")
        rows, self.fewest_columns = shape
        columns, before = self.fewest_columns, 1
        layers: list[nn.Module] = []
        for channels, pool in zip(settings.channels, settings.pools, strict=True):
            layers += [
                nn.Conv2d(before, channels, 3, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                # Pooling before ELU is the same function and keeps less in memory.
                nn.MaxPool2d(pool),
                nn.ELU(),
                nn.Dropout(settings.dropout),
            ]
            before, rows, columns = channels, rows // pool, columns // pool
        if min(rows, columns) < 1:
            raise ValueError(f"{shape[0]} × {shape[1]} is too small for pools {settings.pools}")
        self.body = Pooling(*layers)
        self.dropout = nn.Dropout(settings.last_dropout)
        self.answers = nn.ModuleList(
            nn.Linear(before * rows * columns, count) for count in outputs.values()
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits by output [shape=(clips, labels)] for clips [shape=(clips, rows, columns)]."""
        image = as_image(clips)
        vectors = self.dropout(self.body(image).flatten(1))
        return tuple(answer(vectors) for answer in self.answers)
