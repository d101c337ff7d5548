"""The networks of `shah2016` on a mel-spectrogram: four convolution blocks, two GRUs or none.

The paper's words: "4 convolutional networks. Each … consists of a convolutional layer plus a max
pooling layer plus a dropout layer"; "Batch Normalization on our data"; "2 GRU cells, followed by a
dropout"; "a feedforward sigmoid layer" with a probability per genre, of which the highest counts.
The sigmoids and the cross-entropy belong to loss and judging here; whether it is that of each
sigmoid or one over all labels, the text does not say.

Sizes are not given. They are those of Choi et al. 2016, Convolutional Recurrent Neural Networks for
Music Classification, in the form that Choi published, which has the same parts in the same order.
Layers: batch normalization of the input; conv 3 × 3 × 64, pooling 2 × 2; conv 3 × 3 × 128, pooling
3 × 3; twice conv 3 × 3 × 128, pooling 4 × 4, each with batch normalization, ReLU and dropout 0.1;
what is left of the rows makes the vector of a step; GRU 32, GRU 32; dropout 0.3; dense n.

Vague, and what was chosen:

- The nonlinearity: ReLU, the only one that the paper names; Choi has ELU.
- The input is normalized per band: "our data", and what Choi's layer is called.
- "Only the simple convolutional neural network", which reached 64 %: the same without the GRUs, all
  that is left after the blocks seen by the last layer at once.
- The input was a screenshot, of unknown size and colour. Here it is the log-mel that was drawn: 96
  × 1366 as Choi's, or 128 × 387 as stored for GTZAN. Choi pads 1366 columns to 1440 for 15 steps;
  here what fills no pooling is dropped, which leaves 14, and 4 of 387. `time_pools` can leave more.
  Smaller, (96, 192): two steps.
- A GRU cell is that of TensorFlow in 2016: `Gru`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from earmark.networks.images import as_image
from earmark.networks.pooling import Pooling
from earmark.networks.settings import check_share, check_sizes

SHAPES = ((96, 1366), (128, 387), (96, 192))


@dataclass(frozen=True, kw_only=True)
class CnnSettings:
    """Layer sizes; all are Choi's.

    Attributes:
        filters: of each convolution.
        band_pools: by how much max pooling after each divides the bands.
        time_pools: by how much it divides the columns.
        dropout: share of values dropped after each block.
        last_dropout: share dropped before the last layer.

    Raises:
        ValueError: a setting is impossible.
    """

    filters: tuple[int, ...] = (64, 128, 128, 128)
    band_pools: tuple[int, ...] = (2, 3, 4, 4)
    time_pools: tuple[int, ...] = (2, 3, 4, 4)
    dropout: float = 0.1
    last_dropout: float = 0.3

    def __post_init__(self) -> None:
        check_sizes(self, "filters", "band_pools", "time_pools")
        check_share(self, "dropout")
        check_share(self, "last_dropout")


@dataclass(frozen=True, kw_only=True)
class CrnnSettings(CnnSettings):
    """Layer sizes; all are Choi's.

    Attributes:
        units: of each GRU.
    """

    units: tuple[int, ...] = (32, 32)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, "units")


class _ShahNetwork(nn.Module):
    """What both share: the blocks, and the last layers on the vectors that `_summary` gives."""

    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = SHAPES

    def __init__(self, shape: tuple[int, ...], settings: CnnSettings) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (bands, columns), not clips of shape {shape}")
        bands, self.fewest_columns = shape
        rows, steps = bands, self.fewest_columns
        blocks: list[nn.Module] = []
        before = 1
        for filters, *pool in zip(
            settings.filters, settings.band_pools, settings.time_pools, strict=True
        ):
            blocks += [
                nn.Conv2d(before, filters, 3, padding=1, bias=False),
                nn.BatchNorm2d(filters),
                # Pooling before ReLU is the same function and keeps less in memory.
                nn.MaxPool2d((pool[0], pool[1])),
                nn.ReLU(),
                nn.Dropout(settings.dropout),
            ]
            before, rows, steps = filters, rows // pool[0], steps // pool[1]
        if min(rows, steps) < 1:
            raise ValueError(
                f"{bands} × {self.fewest_columns} is too small for band_pools "
                f"{settings.band_pools} and time_pools {settings.time_pools}"
            )
        self.steps, self.step_size = steps, before * rows
        self.input = nn.BatchNorm1d(bands)
        self.blocks = Pooling(*blocks)
        self.summary = nn.Sequential()
        self.dropout = nn.Dropout(settings.last_dropout)
        self.answers = nn.ModuleList()

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips [shape=(clips, bands, columns)].

        Levels may be on any scale.
        """
        image = as_image(self.input(clips))
        over_time = self.blocks(image).permute(0, 3, 1, 2).flatten(2)  # [clips, steps, step_size]
        dropped = self.dropout(self.summary(over_time))
        return tuple(answer(dropped) for answer in self.answers)


class ShahCnn(_ShahNetwork):
    """Four blocks of convolution, max pooling and dropout; one dense layer (`shah2016`, 64 %).

    Example:
        >>> import torch
        >>> network = ShahCnn((96, 192), {"genre": 10}, ShahCnn.Settings())
        >>> network(torch.zeros(2, 96, 192))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "shah-cnn"
    Settings: ClassVar[Any] = CnnSettings

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: CnnSettings
    ) -> None:
        super().__init__(shape, settings)
        self.summary.append(nn.Flatten())
        cells = self.steps * self.step_size
        self.answers.extend(nn.Linear(cells, count) for count in outputs.values())


class ShahCrnn(_ShahNetwork):
    """The four blocks, then two GRUs over what is left of the columns (`shah2016`, "almost 87 %").

    Example:
        >>> import torch
        >>> network = ShahCrnn((96, 192), {"genre": 10}, ShahCrnn.Settings())
        >>> network(torch.zeros(2, 96, 192))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "shah-crnn"
    Settings: ClassVar[Any] = CrnnSettings

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: CrnnSettings
    ) -> None:
        super().__init__(shape, settings)
        before = self.step_size
        for units in settings.units:
            self.summary.append(Gru(before, units))
            before = units
        self.summary.append(_Last())
        self.answers.extend(nn.Linear(before, count) for count in outputs.values())


class Gru(nn.Module):
    """A gated recurrent unit as TensorFlow's GRUCell computes it.

        r, u = sigmoid(W [x, h] + b)        b = 1 at first, to forget and to change nothing
        c = tanh(W' [x, r h] + b')
        h ← u h + (1 − u) c

    This is the form of Cho et al. 2014; torch's has r after the product with W'. Weights begin
    uniform (Glorot and Bengio 2010), b' at 0. The steps are few here, and follow one another in
    Python; an export holds them one by one, and so takes clips of one length.

    Attributes:
        gates: W [shape=(2 · units, inputs + units)] and b, first r and then u.
        candidate: W' [shape=(units, inputs + units)] and b'.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.units = units
        self.gates = nn.Linear(inputs + units, 2 * units)
        self.candidate = nn.Linear(inputs + units, units)
        for layer in (self.gates, self.candidate):
            nn.init.xavier_uniform_(layer.weight)
        nn.init.ones_(self.gates.bias)
        nn.init.zeros_(self.candidate.bias)

    def forward(self, series: Tensor) -> Tensor:
        """The state after each step [shape=(clips, steps, units)], at first zero.

        Args:
            series: what each step is given [shape=(clips, steps, inputs)].
        """
        state = series.new_zeros(series.shape[0], self.units)
        states = []
        for values in series.unbind(1):
            gates = torch.sigmoid(self.gates(torch.cat([values, state], dim=1)))
            reset, update = gates.chunk(2, dim=1)
            seen = torch.cat([values, reset * state], dim=1)
            state = update * state + (1 - update) * torch.tanh(self.candidate(seen))
            states.append(state)
        return torch.stack(states, dim=1)


class _Last(nn.Module):
    """The last state of a series."""

    def forward(self, series: Tensor) -> Tensor:
        return series[:, -1]
