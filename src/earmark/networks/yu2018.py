"""The two-headed CNN of `yu2018`: one body of 15 numbers, one decision layer per output.

The paper's words: "4 convolution layers and 1 FC layer and 1 decision layer for each output",
"kernel size of 2x2 for all layers and stride of 1 for all except the 4th layer where I use stride
of 2", "Batch normal every layer". Its fully connected layer has 15 nodes. A decision layer ends in
a softmax, which belongs to the loss here; an output of one label serves for valence as a number.
The L2 of 0.002 on the flattened and the fully connected layer is a matter of training.

Layers, with s for the stride: conv 2 × 2 × 16 s 1, conv 2 × 2 × 32 s 1, conv 2 × 2 × 64 s 1, conv
2 × 2 × 128 s 2, each with batch normalization, ReLU and max pooling 2 × 2; flatten; dense 15 with
batch normalization and ReLU; per output a dense layer.

Guesses, since the drawing of the network is lost:

- Filters 16, 32, 64, 128: the usual doubling.
- Max pooling 2 × 2 after every convolution. Without pooling the flattened layer would have half a
  million numbers; its being regularized says that it is large, not that large.
- No padding, which is the default of the common libraries.
- ReLU, and after the batch normalization. The 15 nodes have both too ("every layer").
- A slice of 3 s is a mel-spectrogram of librosa's defaults, 128 × 130, in grey from 0 to 1. The
  size of the images is not given. Smaller, (128, 39): the same from stored log-mels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from earmark.features.settings import check_counts
from earmark.networks.images import as_image
from earmark.networks.pooling import Pooling
from earmark.networks.settings import check_sizes

KERNEL = 2


class YuCnn(nn.Module):
    """Four convolutions of 2 × 2, a layer of 15 nodes, one decision layer per output (`yu2018`).

    Example:
        >>> import torch
        >>> network = YuCnn((128, 130), {"genre": 6, "mood": 3}, YuCnn.Settings()).eval()
        >>> [logits.shape[1] for logits in network(torch.zeros(2, 128, 130))]
        [6, 3]
        >>> network.embed(torch.zeros(2, 128, 130)).shape
        torch.Size([2, 15])
    """

    name: ClassVar[str] = "yu-cnn"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((128, 130), (128, 39))

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            channels: filters of each convolution; a guess.
            strides: their strides, both ways.
            pools: by how much max pooling after each divides rows and columns; a guess.
            nodes: size of the fully connected layer.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (16, 32, 64, 128)
        strides: tuple[int, ...] = (1, 1, 1, 2)
        pools: tuple[int, ...] = (2, 2, 2, 2)
        nodes: int = 15

        def __post_init__(self) -> None:
            check_sizes(self, "channels", "strides", "pools")
            check_counts(self, "nodes")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (rows, columns), not clips of shape {shape}")
        rows, self.fewest_columns = shape
        columns, before = self.fewest_columns, 1
        layers: list[nn.Module] = []
        for channels, stride, pool in zip(
            settings.channels, settings.strides, settings.pools, strict=True
        ):
            layers += [
                nn.Conv2d(before, channels, KERNEL, stride, bias=False),
                nn.BatchNorm2d(channels),
                # Pooling before ReLU is the same function and keeps less in memory.
                nn.MaxPool2d(pool),
                nn.ReLU(),
            ]
            before = channels
            rows, columns = (((n - KERNEL) // stride + 1) // pool for n in (rows, columns))
        if min(rows, columns) < 1:
            raise ValueError(
                f"{shape[0]} × {shape[1]} is too small for strides {settings.strides} "
                f"and pools {settings.pools}"
            )
        self.body = Pooling(*layers)
        self.nodes = nn.Sequential(
            nn.Linear(before * rows * columns, settings.nodes, bias=False),
            nn.BatchNorm1d(settings.nodes),
            nn.ReLU(),
        )
        self.answers = nn.ModuleList(nn.Linear(settings.nodes, count) for count in outputs.values())

    def embed(self, clips: Tensor) -> Tensor:
        """What the nodes say [shape=(clips, nodes)] of clips [shape=(clips, rows, columns)].

        Values are 0 or above. Songs whose vectors lie close are alike (the paper's last proposal).
        """
        image = as_image(clips)
        vectors: Tensor = self.nodes(self.body(image).flatten(1))
        return vectors

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips [shape=(clips, rows, columns)].

        Levels may be on any scale, since a convolution without padding and batch normalization
        come first.
        """
        vectors = self.embed(clips)
        return tuple(answer(vectors) for answer in self.answers)
