"""`duthoit2018`: a CNN, an LSTM and their stack, at three resolutions, and what the paper proposes.

The networks' own guesses stand in `earmark.networks.duthoit2018`. Guesses about the rest:

- Batch size is not printed: 32, Keras's default, as is Adam's learning rate of 0.001.
- The epoch judged is the last; which one the paper means is not said.
- Images are drawn by area means of the spectrogram, without colour map, axes or border, and levels
  go from 0 to 1 (the scale is not said).
- Dropout, L2 and batch normalization "in different combinations" have no numbers: each is tried
  alone, on the CNN at a sixteenth of the pixels; dropout 0.25, L2 1e-4 on all kernels.
- "LSTM" in the paper's table is its improved form, with L2; its first form has no number but "lower
  performances", and is kept at a sixteenth of the pixels.

Where this departs from the paper: its clips are MagnaTagATune's with Magnatune's album genres,
which run here on a user's copy. On GTZAN's stored log-mels, which hold every third column, images
are as `GreyImage.from_log_mel` can draw them. On Emotify, whose clips are Magnatune's too, both the
mel and the linear spectrogram can be had, so that the proposed stack over both is run there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.papers import exploration, subgenre
from earmark.papers.base import PLAIN, Naive, Paper, Printed, System, merge

_NAIVE = Naive(judged=0.15)
_ALL = ("magnatagatune", "gtzan-mel", "emotify")
_LARGE = ("magnatagatune", "gtzan-mel")
_SIZES = {"16": (72, 108), "4": (144, 216), "1": (288, 432)}
_SIZE_TITLES = {"16": "÷ 16", "4": "÷ 4", "1": "full"}
_TABLE = "table 1, page 21"

_CNN = merge(PLAIN, {"model": {"name": "duthoit-cnn"}, "training": {"batch": 32, "epochs": 100}})
_LSTM = merge(PLAIN, {"model": {"name": "duthoit-lstm"}, "training": {"batch": 32, "epochs": 500}})
_LSTM_L2 = {"training": {"l2": 1e-4, "l2_on": ["layers.*.kernel"]}}
_STACK = merge(PLAIN, {"model": {"name": "duthoit-stack"}, "training": {"batch": 32, "epochs": 30}})

_NARROW_CNN = {"channels": [4, 8, 8], "dense": 16}
_NARROW_LSTM = {"units": [8, 8]}
_NARROW: dict[str, Mapping[str, Any]] = {
    "duthoit-cnn": _NARROW_CNN,
    "duthoit-lstm": _NARROW_LSTM,
    "duthoit-stack": {"cnn": _NARROW_CNN, "lstm": _NARROW_LSTM},
}


def _quick(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": {"settings": _NARROW[recipe["model"]["name"]]}}


def _image(size: str) -> dict[str, Any]:
    rows, columns = _SIZES[size]
    return {"feature": {"name": "grey-image", "rows": rows, "columns": columns}}


_LINEAR = {"feature": {"source": {"name": "linear-spectrogram"}}}


def _pair(size: str) -> dict[str, Any]:
    mel = _image(size)
    linear = merge(mel, _LINEAR)
    parts = {"first": mel["feature"], "second": linear["feature"]}
    return {"feature": {"name": "image-pair", **parts}}


def _table_row(kind: str, title: str, size: str, recipe: dict[str, Any], value: float) -> System:
    stacked = kind == "stack"
    return System(
        key=f"{kind}-{size}",
        title=f"{title}, {_SIZE_TITLES[size]}",
        data=_ALL if size == "16" else _LARGE,
        recipe=merge(recipe, _image(size)),
        naive=_NAIVE,
        printed=(Printed(value=value, where=_TABLE, beside=_LARGE),),
        parts={part: f"{part}-{size}" for part in ("lstm", "cnn")} if stacked else {},
        patience=30 if kind == "lstm" else 15,
        quick=_quick(recipe),
    )


def _tried(key: str, title: str, recipe: dict[str, Any], *, where: str, patience: int) -> System:
    """What the paper tried, or says, without printing its accuracy."""
    return System(
        key=key,
        title=title,
        data=_ALL,
        recipe=merge(recipe, _image("16")),
        naive=_NAIVE,
        printed=(Printed(where=where),),
        patience=patience,
        quick=_quick(recipe),
    )


_SMALL_CNNS = (
    _tried(
        "cnn-dropout-16",
        "CNN with dropout, ÷ 16",
        merge(_CNN, {"model": {"settings": {"dropout": 0.25}}}),
        where="page 10: tried, no number",
        patience=15,
    ),
    _tried(
        "cnn-l2-16",
        "CNN with L2, ÷ 16",
        merge(
            _CNN,
            {
                "training": {
                    "l2": 1e-4,
                    "l2_on": ["body.*.weight", "dense.*.weight", "answers.*.weight"],
                }
            },
        ),
        where="page 10: tried, no number",
        patience=15,
    ),
    _tried(
        "cnn-batch-norm-16",
        "CNN with batch normalization, ÷ 16",
        merge(_CNN, {"model": {"settings": {"batch_norm": True}}}),
        where="page 10: tried, no number",
        patience=15,
    ),
    _tried(
        "cnn-bf16-16",
        "CNN in bfloat16, ÷ 16",
        merge(_CNN, {"training": {"precision": "bf16"}}),
        where="not in the paper: what half the bits cost",
        patience=15,
    ),
)

_SMALL_LSTMS = (
    _tried(
        "lstm-first-16",
        "LSTM without L2, ÷ 16",
        _LSTM,
        where="page 14: lower than the CNN",
        patience=30,
    ),
    _tried(
        "lstm-time-16",
        "LSTM over time, ÷ 16",
        merge(_LSTM, _LSTM_L2, {"model": {"settings": {"steps": "columns"}}}),
        where="page 13: meant, not printed",
        patience=30,
    ),
)


def _proposed(
    key: str,
    title: str,
    recipe: dict[str, Any],
    *,
    parts: dict[str, str] | None = None,
    patience: int = 15,
) -> System:
    """A piece of the proposal to stack networks over both spectrograms (chapter 7)."""
    return System(
        key=key,
        title=title,
        data=("magnatagatune", "emotify"),
        recipe=recipe,
        naive=_NAIVE,
        printed=(Printed(where="page 21: proposed"),),
        parts=parts or {},
        patience=patience,
        quick=_quick(recipe),
    )


PAPER = Paper(
    key="duthoit2018",
    citation=(
        "B. Duthoit and A. Hoorelbeke, Deep learning for music genre classification, MAP 583, 2018"
    ),
    data=(
        "The paper: 10,747 clips of MagnaTagATune in ten genres of Magnatune. Here: GTZAN's "
        "log-mels, and Emotify's clips, which are Magnatune's, in four genres."
    ),
    systems=(
        *(
            system
            for size, cnn, lstm, stack in (
                ("16", 0.82, 0.69, 0.853),
                ("4", 0.84, 0.67, 0.845),
                ("1", 0.80, 0.60, 0.815),
            )
            for system in (
                _table_row("cnn", "CNN", size, _CNN, cnn),
                _table_row("lstm", "LSTM", size, merge(_LSTM, _LSTM_L2), lstm),
                _table_row("stack", "CNN + LSTM", size, _STACK, stack),
            )
        ),
        *_SMALL_CNNS,
        *_SMALL_LSTMS,
        _proposed(
            "cnn-linear-16",
            "CNN on linear spectrograms, ÷ 16",
            merge(_CNN, _image("16"), _LINEAR),
        ),
        _proposed(
            "lstm-linear-16",
            "LSTM on linear spectrograms, ÷ 16",
            merge(_LSTM, _LSTM_L2, _image("16"), _LINEAR),
            patience=30,
        ),
        _proposed(
            "stack-both-16",
            "CNN + LSTM on both spectrograms, ÷ 16",
            merge(_STACK, _pair("16")),
            parts={
                "lstm": "lstm-16",
                "cnn": "cnn-16",
                "lstm-2": "lstm-linear-16",
                "cnn-2": "cnn-linear-16",
            },
        ),
        *subgenre.systems(merge(_CNN, _image("16")), _NAIVE),
    ),
    studies=(exploration.STUDY, subgenre.STUDY),
    notes=(
        "The paper judges the side that it watches while training; so does the naive column.",
        "Its percentages are of clips, 85 % of which were learnt from; clips of one song stood on "
        "both sides.",
    ),
)
