"""The networks of `liu2017` on a matrix of MFCC: deep dense, shallow, and a CNN that disappointed.

The clips are the 21 × 997 coefficients of 25 s, one cell an input. All three end in a softmax,
which belongs to the loss here. What is smaller, (21, 37), is one second of the same feature.

**Deep**, by the paper's MATLAB listing: fully connected 2000, 1000, 500, 250, n. There is nothing
between these layers, so that the network as printed is a linear classifier in five factors; a slide
on ReLU suggests that one was meant. Setting `nonlinearity` chooses. Loss: cross-entropy.

**Shallow**, by the paper's formulas: Z = sigmoid(b + W X), T = b' + β Z, Y = softmax(T), which has
M (p + 1) + K (M + 1) unknowns for p inputs, M units and K labels. Its loss is the sum of squared
errors of Y, or cross-entropy; both belong to training.

**CNN**: "attempted typical CNN, but got disappointing results", with no layers given.

Vague, and what was chosen:

- The listing's input layer subtracts the mean of the train side from each cell ("Initializing image
  normalization" in the printed log; MATLAB's default "zerocenter"). `observe` learns that mean.
- First weights of the deep network: normal with deviation 0.01, biases 0 ("narrow"), MATLAB's
  default until 2018. The printed first loss, 1.383 for four labels, is ln 4 but for 0.003, and
  fits. In a trial on four genres the loss then fell as printed without a nonlinearity, while with
  ReLU it hardly moved in as many steps: the listing seems to be what was run. ReLU learns from
  weights as torch draws them, "uniform".
- M is only a letter. 100 is the upper end of the usual range that Hastie, Tibshirani and Friedman
  give (The Elements of Statistical Learning, 11.5.4), whose notation the slides use. After their
  11.5.3 each input is scaled to mean 0 and deviation 1, and weights begin near 0.
- The CNN follows the page that the slides link to (cs231n): twice convolution 3 × 3 with zero
  padding, ReLU, max pooling 2 × 2; then a fully connected layer, ReLU, and the last one. Filters
  (16, 32) are a guess; 250 nodes are as many as the deep network's last layer has. Input as there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from earmark.features.settings import check_choice, check_counts
from earmark.networks.pooling import Pooling
from earmark.networks.settings import check_sizes

SHAPES = ((21, 997), (21, 37))
NONLINEARITIES: dict[str, type[nn.Module]] = {"none": nn.Identity, "relu": nn.ReLU}


class _Centred(nn.Module):
    """Each cell of a clip less its mean over the train side, and, if wanted, over its deviation.

    Both are buffers, 0 and 1 until `observe`, and so a part of the saved and the exported network.
    """

    mean: Tensor
    deviation: Tensor | None

    def __init__(self, shape: tuple[int, ...], *, scaled: bool) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape) if scaled else None)

    def observe(self, clips: Tensor) -> None:
        torch.mean(clips, dim=0, out=self.mean)
        if self.deviation is not None:
            deviation = clips.std(dim=0, correction=0)
            # A cell that never changes has none to be divided by.
            self.deviation.copy_(deviation.masked_fill(deviation == 0, 1))

    def forward(self, clips: Tensor) -> Tensor:
        centred = clips - self.mean
        return centred if self.deviation is None else centred / self.deviation


class _Scaled(nn.Module):
    """Every input times a number.

    r copies of an input x, each with first weights of deviation σ, answer with r random weights
    that add up to deviation √r σ, and a gradient step moves their sum r times as far as one weight.
    One input √r x with a weight of deviation σ does both.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, clips: Tensor) -> Tensor:
        return clips * self.factor


class _LiuNetwork(nn.Module):
    """What the three share: the input layer, a body that gives vectors, a last layer per output."""

    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = SHAPES

    def __init__(self, shape: tuple[int, ...], *, scaled: bool) -> None:
        super().__init__()
        if len(shape) != 2:
            raise ValueError(f"it takes (coefficients, columns), not clips of shape {shape}")
        self.fewest_columns = shape[1]
        self.input = _Centred(shape, scaled=scaled)
        self.body = Pooling()
        self.answers = nn.ModuleList()

    def observe(self, clips: Tensor) -> None:
        """Learn from the clips of the train side [shape=(clips, coefficients, columns)] their mean.

        To be called once, before the first step. The shallow network learns their deviation too.
        """
        self.input.observe(clips)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips.

        Clips are MFCC [shape=(clips, coefficients, columns)] as they come.
        """
        vectors = self.body(self.input(clips))
        return tuple(answer(vectors) for answer in self.answers)


class LiuDense(_LiuNetwork):
    """Fully connected layers 2000, 1000, 500, 250 on the flattened MFCC (`liu2017`, "final model").

    Example:
        >>> import torch
        >>> network = LiuDense((21, 37), {"genre": 4}, LiuDense.Settings(nonlinearity="relu"))
        >>> network(torch.zeros(2, 21, 37))[0].shape
        torch.Size([2, 4])
    """

    name: ClassVar[str] = "liu-dense"

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes.

        Attributes:
            sizes: of the layers before the last one.
            nonlinearity: after each of them: "none", as listed, or "relu".
            first_weights: "narrow", as MATLAB drew them, or "uniform", within 1 / √inputs.
            copies: how many equal cells of the paper's matrix each cell stands for, such as
                997 / 322 where the clips have a third of its columns. Inputs are multiplied by its
                root: with narrow weights that learns as fast as the copies would.

        Raises:
            ValueError: a setting is impossible.
        """

        sizes: tuple[int, ...] = (2000, 1000, 500, 250)
        nonlinearity: str = "none"
        first_weights: str = "narrow"
        copies: float = 1.0

        def __post_init__(self) -> None:
            check_sizes(self, "sizes")
            if not isinstance(self.copies, int | float) or not self.copies >= 1:
                raise ValueError(f"copies must be a number of at least 1, not {self.copies!r}")
            check_choice(self, "nonlinearity", NONLINEARITIES)
            check_choice(self, "first_weights", ("narrow", "uniform"))

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__(shape, scaled=False)
        self.body.append(nn.Flatten())
        if settings.copies != 1:
            self.body.append(_Scaled(math.sqrt(settings.copies)))
        before = shape[0] * shape[1]
        for size in settings.sizes:
            self.body.append(nn.Linear(before, size))
            self.body.append(NONLINEARITIES[settings.nonlinearity]())
            before = size
        self.answers.extend(nn.Linear(before, count) for count in outputs.values())
        if settings.first_weights == "narrow":
            self.apply(_narrow)


class LiuShallow(_LiuNetwork):
    """One hidden layer of sigmoid units on the flattened MFCC (`liu2017`, "model: neural network").

    Example:
        >>> import torch
        >>> network = LiuShallow((21, 37), {"genre": 4}, LiuShallow.Settings())
        >>> network(torch.zeros(2, 21, 37))[0].shape
        torch.Size([2, 4])
    """

    name: ClassVar[str] = "liu-shallow"

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer size.

        Attributes:
            units: sigmoid units of the hidden layer; a guess.

        Raises:
            ValueError: it is impossible.
        """

        units: int = 100

        def __post_init__(self) -> None:
            check_counts(self, "units")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__(shape, scaled=True)
        hidden = nn.Linear(shape[0] * shape[1], settings.units)
        self.body.extend([nn.Flatten(), hidden, nn.Sigmoid()])
        self.answers.extend(nn.Linear(settings.units, count) for count in outputs.values())


class LiuCnn(_LiuNetwork):
    """Two convolutions with max pooling and a fully connected layer: `liu2017`'s "typical CNN".

    Example:
        >>> import torch
        >>> network = LiuCnn((21, 37), {"genre": 4}, LiuCnn.Settings())
        >>> network(torch.zeros(2, 21, 37))[0].shape
        torch.Size([2, 4])
    """

    name: ClassVar[str] = "liu-cnn"

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes; all are guesses.

        Attributes:
            filters: of each convolution.
            pools: by how much max pooling after each divides rows and columns.
            nodes: size of the fully connected layer.

        Raises:
            ValueError: a setting is impossible.
        """

        filters: tuple[int, ...] = (16, 32)
        pools: tuple[int, ...] = (2, 2)
        nodes: int = 250

        def __post_init__(self) -> None:
            check_sizes(self, "filters", "pools")
            check_counts(self, "nodes")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__(shape, scaled=False)
        rows, columns = shape
        before = 1
        self.body.append(nn.Unflatten(1, (1, rows)))
        for filters, pool in zip(settings.filters, settings.pools, strict=True):
            # Pooling before ReLU is the same function and keeps less in memory.
            convolution = nn.Conv2d(before, filters, 3, padding=1)
            self.body.extend([convolution, nn.MaxPool2d(pool), nn.ReLU()])
            before, rows, columns = filters, rows // pool, columns // pool
        if min(rows, columns) < 1:
            raise ValueError(f"{shape[0]} × {shape[1]} is too small for pools {settings.pools}")
        self.body.extend([nn.Flatten(), nn.Linear(before * rows * columns, settings.nodes)])
        self.body.append(nn.ReLU())
        self.answers.extend(nn.Linear(settings.nodes, count) for count in outputs.values())


def _narrow(layer: nn.Module) -> None:
    """Draw the first weights of a fully connected layer as MATLAB did in 2017."""
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
