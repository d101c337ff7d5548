"""Classical models: from vectors to answers, ours against scikit-learn's own of the same settings.

python benchmarks/classical.py [--json]

Ours fits, writes what was learnt as ONNX, and has onnxruntime answer; theirs fits and answers. What
ours does more than theirs is the graph, whose answers `earmark train` holds to scikit-learn's. The
vectors are made: as many tracks, numbers and labels as a recipe with `summary` has of GTZAN.
Both run in turn on one thread; times are the processor's own, the least of several.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairs import Row, main, row

TRAIN, JUDGED, NUMBERS, LABELS = 442, 197, 530, 10
ROUNDS = 3
NAMES = (
    "dag-svm",
    "svm",
    "k-nn",
    "k-means",
    "hidden-layer",
    "gaussian-mixture",
    "gradient-boosting",
    "lda",
)

Array = NDArray[np.float64]
Task = tuple[Array, NDArray[np.int64], Array]
"""What is learnt from, its labels, and what is judged."""


def measure() -> list[Row]:
    """A row per model, and one of all together."""
    task = made()
    times = [timed(name, task) for name in NAMES]
    ours, theirs = (sum(seconds) for seconds in zip(*times, strict=True))
    every = zip((*NAMES, "all eight"), (*times, (ours, theirs)), strict=True)
    return [row(f"{name}: fit and answer", *pair, "ms", 0) for name, pair in every]


def made() -> Task:
    """Vectors around a centre per label, and as correlated as descriptions of music are."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(LABELS, NUMBERS))
    mixing = rng.normal(size=(40, NUMBERS))
    labels = np.arange(TRAIN + JUDGED) % LABELS
    noise = rng.normal(size=(len(labels), 40)) @ mixing / 2 + rng.normal(
        size=(len(labels), NUMBERS)
    )
    vectors = centres[labels] + noise
    return vectors[:TRAIN], labels[:TRAIN], vectors[TRAIN:]


def timed(name: str, task: Task) -> tuple[float, float]:
    """Milliseconds of ours and of theirs."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    runs: tuple[Callable[[], object], ...] = (lambda: ours(name, task), lambda: theirs(name, task))
    times = np.empty((ROUNDS, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the same passes for both
        for taken in times:
            for side, run in enumerate(runs):
                start = time.process_time()
                run()
                taken[side] = 1e3 * (time.process_time() - start)
    least = times.min(axis=0)
    return float(least[0]), float(least[1])


def ours(name: str, task: Task) -> NDArray[np.int64]:
    """Answers by way of ONNX."""
    import onnxruntime

    from earmark.classical import CLASSICAL, Targets, build_classical, fit, to_onnx

    inputs, labels, questions = task
    fitted = fit(
        build_classical(name, {}), inputs, {"genre": Targets("classes", LABELS, labels)}, 0
    )
    model = to_onnx(CLASSICAL[name], fitted.arrays, (NUMBERS,), {"genre": LABELS})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"clips": questions.astype(np.float32)})
    answers: NDArray[np.int64] = logits.argmax(axis=1)
    return answers


def theirs(name: str, task: Task) -> Any:
    """Answers by scikit-learn's pipeline of the same settings."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, labels, questions = task
    if name == "gaussian-mixture":
        return mixtures(StandardScaler(), task)
    pipeline = make_pipeline(StandardScaler(), *steps(name)).fit(inputs, labels)
    if name == "k-means":
        return pipeline.transform(questions)  # its distances; it knows no labels
    return pipeline.predict(questions)


def steps(name: str) -> list[Any]:
    """scikit-learn's models of our default settings."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    from earmark.classical import build_classical

    ours = build_classical(name, {}).settings
    if name in ("dag-svm", "svm"):
        shape = "ovo" if name == "dag-svm" else "ovr"
        gamma = 1 / (ours.width * NUMBERS)
        return [SVC(C=ours.cost, gamma=gamma, decision_function_shape=shape)]
    if name == "k-nn":
        return [KNeighborsClassifier(ours.neighbours, algorithm="brute")]
    if name == "k-means":
        return [KMeans(LABELS * ours.clusters, n_init=ours.starts, random_state=0)]
    if name == "hidden-layer":
        how = {"activation": ours.activation, "alpha": ours.penalty, "solver": ours.solver}
        return [MLPClassifier((ours.units,), max_iter=ours.passes, random_state=0, **how)]
    if name == "gradient-boosting":
        trees = {"n_estimators": ours.rounds, "max_depth": ours.depth, "learning_rate": ours.rate}
        parts = {"subsample": ours.clips, "max_features": ours.numbers}
        return [GradientBoostingClassifier(**trees, **parts, random_state=0)]
    components = PCA(ours.variance, svd_solver="full")
    return [components, LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")]


def mixtures(scale: Any, task: Task) -> NDArray[np.int64]:
    """A mixture per label, which scikit-learn leaves to its user."""
    from sklearn.mixture import GaussianMixture

    from earmark.classical import build_classical

    ours = build_classical("gaussian-mixture", {}).settings
    inputs, labels, questions = task
    inputs, questions = scale.fit_transform(inputs), scale.transform(questions)
    how = {"covariance_type": "diag", "reg_covar": ours.least_variance, "random_state": 0}
    densities = [
        GaussianMixture(ours.components, **how)
        .fit(inputs[labels == label])
        .score_samples(questions)
        for label in range(LABELS)
    ]
    answers: NDArray[np.int64] = np.argmax(densities, axis=0)
    return answers


if __name__ == "__main__":
    main(__doc__ or "", measure)
