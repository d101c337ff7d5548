"""`shah2016`: a CNN with and without GRUs on mel-spectrograms of GTZAN.

What the paper says: 80 % to train, 20 % to validate; ten sigmoids and "the cross entropy"; RMSprop
with Nesterov momentum; batches of 4; "after convergence". The networks' own guesses stand in
`earmark.networks.shah2016`. Guesses about the rest:

- Learning rate 1e-4, momentum 0.9, decay 0.9: none is printed. As velocities add up, a step is some
  ten times as long as the rate says. In a trial the CNN learnt faster with this rate than with
  1e-3, and the CRNN as fast.
- A sigmoid per genre means the cross-entropy of each, added up. The largest is the answer.
- 30 epochs, and the last one is judged, for "after convergence".

Of earlier work the paper names the Gaussian mixtures of Tzanetakis and Cook 2002, 61 %. Their
features were timbre (centroid, rolloff, flux, zero crossings, five MFCC), rhythm and pitch, 30
numbers in all; here they are the vectors of the same kinds, with as many MFCC. Three Gaussians per
genre, as theirs, on 90 % of the tracks, which they drew at random 100 times and we ten times. The
guess is the rest: what each vector holds beyond theirs, and the least variance.

RBF-SVM, gradient boosting and LDA on all that describes a track in one vector are baselines of
ours, to say what a network must beat.

Where this departs from the paper: the spectrogram itself is fed, and not a screenshot of its plot.
The whole is 128 × 387, as stored for GTZAN. A quarter and a sixteenth of about as many cells are
run first, 96 × 192 and 72 × 108; where Choi's pooling would leave less than a row, or a single step
to recur over, the later poolings are smaller.
"""

from __future__ import annotations

from typing import Any

from earmark.papers.base import PLAIN, Naive, Paper, Printed, System, merge

NAIVE = Naive(judged=0.2)
TRAINING = merge(
    PLAIN,
    {
        "training": {
            "epochs": 30,
            "batch": 4,
            "loss": "binary-cross-entropy",
            "optimizer": "rmsprop-nesterov",
            "learning_rate": 1e-4,
            "momentum": 0.9,
            "precision": "bf16",
        }
    },
)


def _image(rows: int, columns: int) -> dict[str, Any]:
    source = {"name": "log-mel", "frames_per_column": [1, 1]}
    return {"feature": {"name": "grey-image", "rows": rows, "columns": columns, "source": source}}


SIZES: dict[str, dict[str, Any]] = {
    "16": merge(
        _image(72, 108),
        {"model": {"settings": {"band_pools": [2, 3, 3, 4], "time_pools": [2, 3, 3, 2]}}},
    ),
    "4": merge(_image(96, 192), {"model": {"settings": {"time_pools": [2, 3, 4, 2]}}}),
    "1": {"clips": {"columns": 387}},
}
TITLES = {"16": "72 × 108", "4": "96 × 192", "1": "128 × 387"}

_NARROW_CNN = {"filters": [4, 4, 8, 8]}
_NARROW_CRNN = {**_NARROW_CNN, "units": [4, 4]}


def _system(network: str, size: str) -> System:
    recurrent = network == "shah-crnn"
    value, where = (0.87, '"almost 87%"') if recurrent else (0.64, '"64% … after convergence"')
    settings = _NARROW_CRNN if recurrent else _NARROW_CNN
    return System(
        key=f"{network.removeprefix('shah-')}-{size}",
        title=f"{'CRNN' if recurrent else 'CNN'}, {TITLES[size]}",
        data=("gtzan-mel", "gtzan"),
        recipe=merge(TRAINING, {"model": {"name": network}}, SIZES[size]),
        naive=NAIVE,
        printed=(Printed(value=value, where=f"section 4: {where}"),),
        patience=8,
        quick={"model": {"settings": settings}},
        note="convolutions in bfloat16, to save time",
    )


SUMMARY: dict[str, Any] = {"name": "summary"}
TIMBRE_RHYTHM_PITCH: dict[str, Any] = {
    "name": "summary",
    "parts": [
        {"name": "mfcc-statistics", "coefficients": 5},
        *({"name": name} for name in ("spectral-shape", "rhythm", "chroma")),
    ],
}
"""The kinds of features that Tzanetakis and Cook had."""


def _baseline(name: str, title: str, feature: dict[str, Any], **more: Any) -> System:
    return System(
        key=name,
        title=title,
        data=("gtzan-mel", "gtzan"),
        recipe=merge(PLAIN, {"model": {"name": name}, "feature": feature}),
        **{"naive": NAIVE, "printed": (Printed(where="a baseline of ours"),), **more},
    )


PAPER = Paper(
    key="shah2016",
    citation="M. Shah, S. Daga, N. Mehta, S. Shah, course project CS 725, IIT Bombay, 2016 (music "
    "genres by a convolutional recurrent network)",
    data="The paper: GTZAN, 1000 tracks. Here: the 709 of them at hand, as stored log-mels.",
    systems=(
        *(_system(network, size) for size in SIZES for network in ("shah-cnn", "shah-crnn")),
        _baseline(
            "gaussian-mixture",
            "Gaussian mixtures, timbre, rhythm and pitch",
            TIMBRE_RHYTHM_PITCH,
            naive=Naive(judged=0.1),
            printed=(Printed(value=0.61, where='section 1.2: "61 percent … with ten genres"'),),
            seeds=10,
        ),
        _baseline("svm", "RBF-SVM, summary", SUMMARY),
        _baseline("gradient-boosting", "gradient boosting, summary", SUMMARY),
        _baseline("lda", "PCA and shrinkage LDA, summary", SUMMARY),
    ),
    notes=("The paper's CRNN took a day to train.",),
)
