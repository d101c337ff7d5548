"""`cox2021`: ZFNet and GTZANet on spectrograms as colour images, and on slices of 3 s.

The networks' own guesses stand in `earmark.networks.cox2021`. Guesses about the rest:

- "An initial momentum and learning rate of 0.01 and 0.9 respectively" is taken the other way round:
  learning rate 0.01, momentum 0.9. With 0.9 nothing is learnt.
- The learning rate falls to a tenth when the loss on the judged side "stagnated"; Keras's callback
  waits for 10 epochs unless told otherwise.
- Batch size is not printed: 32, Keras's default.
- The paper's image is 288 × 432 (one "423" is a misprint, as 373,248 = 288 · 432 · 3 shows).
- Its slices of 3 s are a proposal without numbers. Here a track gives ten, which stay on one side
  in the naive protocol too, since the paper does not say that they may cross; a track is judged by
  the mean over its slices, and each slice alone is a row, too.

Where this departs from the paper: its pictures have a white border, here the spectrogram fills the
image (a user's copy of those pictures, `gtzan-images`, is read without border). 709 of GTZAN's
tracks are at hand under the naive protocol, not 999. At a sixteenth of the pixels, which is no size
of the paper's, all is run; full size for what time allows.
"""

from __future__ import annotations

from typing import Any

from earmark.papers.base import PLAIN, Naive, Paper, Printed, System, merge

_SGD = {
    "training": {
        "batch": 32,
        "epochs": 90,
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "momentum": 0.9,
        "schedule": "plateau",
        "plateau_patience": 10,
        "plateau_factor": 0.1,
        "lowest_learning_rate": 1e-5,
    }
}
_NETWORKS = {"zfnet": "ZFNet", "gtzanet": "GTZANet"}
_NARROW = {
    "zfnet": {"channels": [8, 8, 8, 8, 8], "dense": [32, 32]},
    "gtzanet": {"channels": [4, 8, 8, 8, 8]},
}
_PRINTED = {"zfnet": (0.4472, 0.6533), "gtzanet": (0.5276, 0.6231)}
_FULL, _SMALL = (288, 432), (72, 108)
_FIGURE = "figure 4"


def _image(size: tuple[int, int]) -> dict[str, Any]:
    return {"name": "colour-image", "rows": size[0], "columns": size[1]}


def _whole(name: str, size: tuple[int, int], key: str, title: str) -> System:
    accuracy, top5 = _PRINTED[name]
    return System(
        key=key,
        title=title,
        data=("gtzan-mel", "gtzan-images", "gtzan"),
        recipe=merge(PLAIN, _SGD, {"model": {"name": name}, "feature": _image(size)}),
        naive=Naive(judged=0.2),
        printed=(
            Printed(value=accuracy, where=_FIGURE),
            Printed(value=top5, where=_FIGURE, metric="top5"),
        ),
        patience=25,
        quick={"model": {"settings": _NARROW[name]}},
    )


def _sliced(name: str) -> System:
    slices = {"name": "slices", "seconds": 3.0, "source": _image(_SMALL)}
    return System(
        key=f"{name}-3s-16",
        title=f"{_NETWORKS[name]}, slices of 3 s, ÷ 16",
        data=("gtzan-mel", "gtzan"),
        recipe=merge(PLAIN, _SGD, {"model": {"name": name}, "feature": slices}),
        naive=Naive(judged=0.2),
        printed=(
            Printed(where="section 6: proposed"),
            Printed(where="section 6: proposed", unit="clip"),
        ),
        patience=25,
        quick={"model": {"settings": _NARROW[name]}},
    )


PAPER = Paper(
    key="cox2021",
    citation=(
        "A. Cox, A. Sato and E.-R. Kausche, Machine learning final project: Using convolutional "
        "neural networks to classify musical genres, after 2017"
    ),
    data=(
        "The paper: GTZAN as 999 colour images, 20 % of them judged. Here: the 709 tracks of GTZAN "
        "that are at hand, drawn in the same colours from stored log-mels."
    ),
    systems=tuple(
        system
        for name, title in _NETWORKS.items()
        for system in (
            _whole(name, _SMALL, f"{name}-16", f"{title}, ÷ 16"),
            _whole(name, _FULL, f"{name}-1", f"{title}, full"),
            _sliced(name),
        )
    ),
    notes=(
        "The paper's intervals are plain ones, p ± 1.96 √(p(1−p)/199): [0.378, 0.516] for ZFNet, "
        "and [0.458, 0.597] for GTZANet, whose last bound it misprints as 0.567.",
        "The paper prints its numbers for images of 288 × 432; the rows at a sixteenth of the "
        "pixels stand beside the same numbers.",
    ),
)
