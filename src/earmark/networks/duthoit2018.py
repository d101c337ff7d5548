"""The CNN, the LSTM and their stack of `duthoit2018`, at three resolutions.

All take grey images of mel-spectrograms, values 0 to 1, 288 × 432, 144 × 216 ("divided by 4") or
72 × 108 ("divided by 16"), row 0 the lowest band. All end in a softmax and learn by categorical
cross-entropy and Adam; softmax and loss lie with training.

CNN, from the listing: conv 3 × 3 'same' with 32, 64, 128 filters, ReLU, each followed by max
pooling 2 × 4; flatten; dense 500 ReLU; dense n. The text tried "dropout, L2 regularization and
batch normalization with different combinations" and gives none.

LSTM, from the listing: 128 units, every state handed on; 32 units, the last state; dropout 0.05
and recurrent dropout 0.35 in both; dense n.

Stack, from the listing: softmax outputs of LSTM and CNN, both frozen, concatenated (2 · n); dense
20 ReLU; dropout 0.5; dense n.

Guesses:

- Dropout follows each pooling and the dense layer, at one share. Batch normalization stands after
  each convolution and the dense layer, before ReLU, with Keras's constants (momentum 0.99, epsilon
  0.001), and takes the place of the bias.
- L2 is a matter of training. The paper's 1e-4 for the LSTM is Keras's `kernel_regularizer`: the
  loss gains 1e-4 Σ w² over `kernel` of both layers (not over `recurrent_kernel`, `bias` or the
  dense layer), which is no decay of weights under Adam.
- Several outputs share everything but the last layer; the stack's dense layer sees the
  probabilities of all. An output of one label is a number, which the stack takes as it is.

Where this departs from the paper:

- Weights begin as Keras's do (Glorot's uniform, zero biases), which the listings use unsaid.
- Keras of early 2018 opened its LSTM gates by the "hard sigmoid", 0.2 x + 0.5 clipped to 0 and 1.
  Here they have the sigmoid, as Keras since 2.3, ONNX and every fused kernel.
- The listing's input shape (288, 432) makes the rows, which are frequencies, the steps; the text
  means time to be the sequence. `steps` offers both, the printed one by default. Rows are read
  from the highest band down, as a picture's are stored.
- Keras kept the dropout of frozen layers active while the stack learnt. Here frozen parts judge
  as they would alone, which is what the text describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from earmark.features.settings import check_choice, check_counts, check_flag
from earmark.networks.images import as_image
from earmark.networks.pooling import Pooling
from earmark.networks.recurrent import Lstm
from earmark.networks.settings import check_share, check_sizes

RESOLUTIONS = ((288, 432), (144, 216), (72, 108))
POOL = (2, 4)


class DuthoitCnn(nn.Module):
    """Three convolutions with max pooling and one dense layer (`duthoit2018`, chapter 4).

    Example:
        >>> import torch
        >>> network = DuthoitCnn((72, 108), {"genre": 10}, DuthoitCnn.Settings())
        >>> network(torch.zeros(2, 72, 108))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "duthoit-cnn"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = RESOLUTIONS

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes, and the paper's means against overfitting.

        Attributes:
            channels: filters of each convolution.
            dense: size of the dense layer.
            dropout: share of values dropped in training after each pooling and the dense layer.
            batch_norm: whether each convolution and the dense layer have batch normalization.

        Raises:
            ValueError: a setting is impossible.
        """

        channels: tuple[int, ...] = (32, 64, 128)
        dense: int = 500
        dropout: float = 0.0
        batch_norm: bool = False

        def __post_init__(self) -> None:
            check_sizes(self, "channels")
            check_counts(self, "dense")
            check_share(self, "dropout")
            check_flag(self, "batch_norm")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        rows, columns = _rows_and_columns(shape)
        self.fewest_columns = columns
        layers: list[nn.Module] = []
        before = 1
        for channels in settings.channels:
            convolution = nn.Conv2d(before, channels, 3, padding=1, bias=not settings.batch_norm)
            norms = [nn.BatchNorm2d(channels, 1e-3, 0.01)] if settings.batch_norm else []
            # Pooling before ReLU is the same function and keeps less in memory.
            layers += [convolution, *norms, nn.MaxPool2d(POOL), nn.ReLU()]
            layers.append(nn.Dropout(settings.dropout))
            before, rows, columns = channels, rows // POOL[0], columns // POOL[1]
        if min(rows, columns) < 1:
            raise ValueError(
                f"{shape[0]} × {shape[1]} is too small to be pooled {POOL[0]} × {POOL[1]} "
                f"{len(settings.channels)} times"
            )
        self.body = Pooling(*layers)
        size = settings.dense
        self.dense = nn.Sequential(
            nn.Linear(before * rows * columns, size, bias=not settings.batch_norm),
            *([nn.BatchNorm1d(size, 1e-3, 0.01)] if settings.batch_norm else []),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
        )
        self.answers = nn.ModuleList(nn.Linear(size, count) for count in outputs.values())
        _begin_as_keras(self)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for [shape=(clips, rows, columns)]."""
        image = as_image(clips)
        features = self.dense(self.body(image).flatten(1))
        return tuple(answer(features) for answer in self.answers)


class DuthoitLstm(nn.Module):
    """LSTMs over the rows or columns of an image, and the last state (`duthoit2018`, chapter 5).

    Example:
        >>> import torch
        >>> settings = DuthoitLstm.Settings(steps="columns")
        >>> network = DuthoitLstm((72, 108), {"genre": 10}, settings)
        >>> network(torch.zeros(2, 72, 108))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "duthoit-lstm"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = RESOLUTIONS

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layer sizes, dropout, and how the image is read.

        Attributes:
            units: length of each layer's state.
            dropout: share of each layer's inputs dropped in training.
            recurrent_dropout: share of each layer's state dropped in training.
            steps: "rows", as the paper prints it: frequency is the sequence, from the top; or
                "columns", as it means it: time is.
            masks: what has dropout masks of its own: each "sequence", as in Keras, or each
                "batch", which trains faster and varies less within a batch.

        Raises:
            ValueError: a setting is impossible.
        """

        units: tuple[int, ...] = (128, 32)
        dropout: float = 0.05
        recurrent_dropout: float = 0.35
        steps: str = "rows"
        masks: str = "sequence"

        def __post_init__(self) -> None:
            check_sizes(self, "units")
            check_share(self, "dropout")
            check_share(self, "recurrent_dropout")
            check_choice(self, "steps", ("rows", "columns"))
            check_choice(self, "masks", ("sequence", "batch"))

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        super().__init__()
        rows, columns = _rows_and_columns(shape)
        self.fewest_columns = columns
        self._over_time = settings.steps == "columns"
        sizes = (rows if self._over_time else columns, *settings.units)
        self.layers = nn.Sequential(
            *(
                Lstm(
                    features,
                    units,
                    dropout=settings.dropout,
                    recurrent_dropout=settings.recurrent_dropout,
                    shared_masks=settings.masks == "batch",
                )
                for features, units in zip(sizes, settings.units, strict=False)
            )
        )
        self.answers = nn.ModuleList(nn.Linear(sizes[-1], count) for count in outputs.values())
        _begin_as_keras(self.answers)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for [shape=(clips, rows, columns)]."""
        sequences = clips.transpose(1, 2) if self._over_time else clips.flip(1)
        last = self.layers(sequences)[:, -1]
        return tuple(answer(last) for answer in self.answers)


class DuthoitStack(nn.Module):
    """A small network over the answers of trained ones, which stay as they are (`duthoit2018`, 6).

    Its parts are an LSTM and a CNN, named "lstm" and "cnn". The paper's proposal to stack networks
    over linear spectrograms too is a clip of two images [shape=(rows, columns, 2)], each read by
    two parts; those of the second are "lstm-2" and "cnn-2". Parts begin with fresh weights;
    `load_parts` brings the trained ones.

    Example:
        >>> import torch
        >>> network = DuthoitStack((72, 108), {"genre": 10}, DuthoitStack.Settings())
        >>> lstm = DuthoitLstm((72, 108), {"genre": 10}, DuthoitLstm.Settings())
        >>> cnn = DuthoitCnn((72, 108), {"genre": 10}, DuthoitCnn.Settings())
        >>> network.load_parts({"lstm": lstm.state_dict(), "cnn": cnn.state_dict()})
        >>> network(torch.zeros(2, 72, 108))[0].shape
        torch.Size([2, 10])
    """

    name: ClassVar[str] = "duthoit-stack"
    any_length: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = RESOLUTIONS

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """The parts, and the size of what stands on them.

        Attributes:
            lstm: what differs from the defaults of duthoit-lstm.
            cnn: what differs from the defaults of duthoit-cnn.
            dense: size of the dense layer.
            dropout: share of its values dropped in training.

        Raises:
            ValueError: a setting is impossible.
        """

        lstm: Mapping[str, Any] = field(default_factory=dict)
        cnn: Mapping[str, Any] = field(default_factory=dict)
        dense: int = 20
        dropout: float = 0.5

        def __post_init__(self) -> None:
            for name in ("lstm", "cnn"):
                if not isinstance(getattr(self, name), Mapping):
                    raise ValueError(f"{name} must be a table, not {getattr(self, name)!r}")
            check_counts(self, "dense")
            check_share(self, "dropout")

    def __init__(
        self, shape: tuple[int, ...], outputs: Mapping[str, int], settings: Settings
    ) -> None:
        from earmark.networks import build_network  # which knows this file

        super().__init__()
        if len(shape) not in (2, 3):
            raise ValueError(f"it takes (rows, columns) or (rows, columns, images), not {shape}")
        self.fewest_columns = shape[1]
        self.parts = nn.ModuleDict()
        for number in range(1, 1 + (shape[2] if len(shape) == 3 else 1)):
            for kind, table in (("lstm", settings.lstm), ("cnn", settings.cnn)):
                part = build_network(f"duthoit-{kind}", table, shape=shape[:2], outputs=outputs)
                self.parts[kind if number == 1 else f"{kind}-{number}"] = part
        self.parts.requires_grad_(False).eval()
        self.dense = nn.Sequential(
            nn.Linear(len(self.parts) * sum(outputs.values()), settings.dense),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
        )
        self.answers = nn.ModuleList(nn.Linear(settings.dense, n) for n in outputs.values())
        _begin_as_keras(self.dense)
        _begin_as_keras(self.answers)

    def load_parts(self, weights: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Take the weights of trained networks: the `state_dict` of each, by the part's name.

        Raises:
            ValueError: a part is missing or unknown, or its weights do not fit.
        """
        if set(weights) != set(self.parts):
            raise ValueError(f"the parts are {', '.join(self.parts)}, not {', '.join(weights)}")
        for name, state in weights.items():
            try:
                self.parts[name].load_state_dict(state)
            except RuntimeError as error:
                raise ValueError(f"weights of part {name} do not fit: {error}") from error

    def train(self, mode: bool = True) -> Self:
        """Enter or leave training; the parts only ever judge."""
        super().train(mode)
        self.parts.eval()
        return self

    def ask(self, clips: Tensor) -> Tensor:
        """Answers of all parts [shape=(clips, parts · labels)] to clips [shape=(clips, *shape)].

        They stay the same while the stack learns, so that a clip needs to be asked about once.
        """
        images = clips.unbind(3) if clips.ndim == 4 else (clips,)
        given: list[Tensor] = []
        for i, part in enumerate(self.parts.values()):
            for logits in part(images[i // 2]):  # two parts per image
                given.append(logits.softmax(dim=1) if logits.shape[1] > 1 else logits)
        return torch.cat(given, dim=1)

    def judge(self, given: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] from the answers of all parts."""
        features = self.dense(given)
        return tuple(answer(features) for answer in self.answers)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Logits of each output [shape=(clips, labels)] for clips [shape=(clips, *shape)]."""
        return self.judge(self.ask(clips))


def _rows_and_columns(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(f"it takes (rows, columns), not clips of shape {shape}")
    return shape[0], shape[1]


def _begin_as_keras(network: nn.Module) -> None:
    """Weights as Keras draws them: uniform (Glorot and Bengio 2010), biases zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
