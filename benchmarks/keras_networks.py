"""The registry's networks in Keras 3 on TensorFlow, and a process that trains them on demand.

`training.py` starts this file with an interpreter that has TensorFlow. A line of JSON in, a line
out: first the threads and the clock; then a case is built and answered with the number of its
weights, and `{"steps": n}` trains n steps and is answered with their seconds.

Layers, sizes and order are those of `earmark.networks`, written as one writes them in Keras:
pooling after the nonlinearity, images channels last. A step is that of `fit`, without its loop.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LABELS = 10


def serve() -> None:
    """Answer lines until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # TensorFlow prints where it likes
    step: Callable[[], object] | None = None
    clock = time.perf_counter
    for line in sys.stdin:
        order = json.loads(line)
        if "threads" in order:
            clock = time.process_time if order["cpu_time"] else time.perf_counter
            answers.write(json.dumps(set_threads(order["threads"])) + "\n")
        elif "steps" in order:
            assert step is not None
            start = clock()
            for _ in range(order["steps"]):
                step()
            answers.write(json.dumps(clock() - start) + "\n")
        else:
            step = None  # so that the last network's memory is given back
            weights, step = trainer(**order)
            answers.write(json.dumps(weights) + "\n")


def set_threads(count: int) -> int:
    """How many TensorFlow uses within an operation and between."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)
    return count


def trainer(
    network: str, shape: list[int], batch: int, settings: dict[str, Any], half: bool
) -> tuple[int, Callable[[], object]]:
    """Number of weights that learn, and one step on a batch of noise."""
    import keras
    import numpy as np
    import tensorflow as tf

    keras.backend.clear_session()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16" if half else "float32")
    inputs = keras.Input(tuple(shape))
    features = BODIES[network](inputs, **settings)
    model = keras.Model(inputs, keras.layers.Dense(LABELS, dtype="float32")(features))
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # XLA takes about twice as long here
    )
    random = np.random.default_rng(0)
    clips = random.random((batch, *shape), dtype=np.float32)
    answers = random.integers(LABELS, size=batch)
    batches = iter(tf.data.Dataset.from_tensors((clips, answers)).repeat())
    model.make_train_function()
    count = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return count, lambda: float(model.train_function(batches)["loss"])


def _convolution(x: Any, filters: int, kernel: int, pool: Any, **options: Any) -> Any:
    """Convolution, normalization if wanted, nonlinearity, pooling, dropout if wanted."""
    from keras import layers

    norm, dropout = options.pop("norm", False), options.pop("dropout", 0.0)
    kind = options.pop("activation", "relu")
    x = layers.Conv2D(filters, kernel, use_bias=not norm, **{"padding": "same", **options})(x)
    x = layers.BatchNormalization()(x) if norm else x
    x = layers.Activation(kind)(x)
    x = layers.MaxPooling2D(pool)(x)
    return layers.Dropout(dropout)(x) if dropout else x


def _image(x: Any) -> Any:
    from keras import layers

    return layers.Reshape((*x.shape[1:], 1))(x)


def duthoit_cnn(x: Any) -> Any:
    from keras import layers

    x = _image(x)
    for filters in (32, 64, 128):
        x = _convolution(x, filters, 3, (2, 4))
    return layers.Dense(500, activation="relu")(layers.Flatten()(x))


def duthoit_lstm(x: Any, masks: str = "sequence") -> Any:
    from keras import layers

    del masks  # Keras has no other than those of sequences
    dropped = {"dropout": 0.05, "recurrent_dropout": 0.35}
    x = layers.LSTM(128, return_sequences=True, **dropped)(x)
    return layers.LSTM(32, **dropped)(x)


def duthoit_stack(x: Any) -> Any:
    import keras
    from keras import layers

    given = []
    for body in (duthoit_lstm, duthoit_cnn):
        inputs = keras.Input(x.shape[1:])
        part = keras.Model(inputs, layers.Dense(LABELS, activation="softmax")(body(inputs)))
        part.trainable = False
        given.append(part(x, training=False))
    x = layers.Dense(20, activation="relu")(layers.Concatenate()(given))
    return layers.Dropout(0.5)(x)


def yu_cnn(x: Any) -> Any:
    from keras import layers

    x = _image(x)
    for filters, stride in ((16, 1), (32, 1), (64, 1), (128, 2)):
        x = _convolution(x, filters, 2, 2, norm=True, strides=stride, padding="valid")
    x = layers.Dense(15, use_bias=False)(layers.Flatten()(x))
    return layers.Activation("relu")(layers.BatchNormalization()(x))


def zhang_cnn(x: Any) -> Any:
    from keras import layers

    def convolved(x: Any, padding: int) -> Any:
        x = layers.ZeroPadding1D(padding)(x) if padding else x
        return layers.BatchNormalization()(layers.Conv1D(256, 4, use_bias=False)(x))

    x = layers.Activation("relu")(convolved(layers.Permute((2, 1))(x), 0))
    around = convolved(layers.Activation("relu")(convolved(x, 2)), 1)
    x = layers.Activation("relu")(layers.Add()([x, around]))
    pooled = layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)
    x = layers.Concatenate()(pooled)
    for size in (300, 150):
        x = layers.Dropout(0.2)(layers.Dense(size, activation="relu")(x))
    return x


def choi_cnn(x: Any) -> Any:
    from keras import layers

    x = _image(x)
    for filters, pool in ((64, 2), (128, 3), (128, 4), (128, 4)):
        x = _convolution(x, filters, 3, pool, norm=True, dropout=0.1, activation="elu")
    return layers.Dropout(0.3)(layers.Flatten()(x))


def zfnet(x: Any) -> Any:
    import keras
    import tensorflow as tf
    from keras import layers

    class ContrastNormalization(keras.layers.Layer):  # type: ignore[misc]
        def call(self, maps: Any) -> Any:
            return tf.nn.local_response_normalization(maps, 2, 2.0, 1e-4, 0.75)

    def pooled(x: Any) -> Any:
        # A part of a window at the edge counts; after ReLU, zeros there change no maximum.
        edges = tuple((0, (size - 3) % 2) for size in x.shape[1:3])
        return layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(edges)(x))

    x = layers.Conv2D(96, 7, 2, activation="relu")(layers.ZeroPadding2D(1)(x))
    x = ContrastNormalization()(pooled(x))
    x = layers.Conv2D(256, 5, 2, activation="relu")(x)
    x = ContrastNormalization()(pooled(x))
    for filters in (384, 384, 256):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(pooled(x))
    for _ in range(2):
        x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu")(x))
    return x


def gtzanet(x: Any) -> Any:
    from keras import layers

    for filters in (32, 64, 128, 128, 128):
        x = _convolution(x, filters, 3, 2)
    return layers.Flatten()(x)


def liu_dense(x: Any) -> Any:
    from keras import layers

    x = layers.Flatten()(layers.Rescaling(1.0, -0.5)(x))
    for size in (2000, 1000, 500, 250):
        x = layers.Dense(size)(x)
    return x


def liu_shallow(x: Any) -> Any:
    from keras import layers

    x = layers.Flatten()(layers.Rescaling(2.0, -1.0)(x))
    return layers.Dense(100, activation="sigmoid")(x)


def liu_cnn(x: Any) -> Any:
    from keras import layers

    x = _image(layers.Rescaling(1.0, -0.5)(x))
    for filters in (16, 32):
        x = _convolution(x, filters, 3, 2)
    return layers.Dense(250, activation="relu")(layers.Flatten()(x))


def _shah_blocks(x: Any) -> Any:
    from keras import layers

    x = _image(layers.BatchNormalization(axis=1)(x))
    for filters, pool in ((64, 2), (128, 3), (128, 4), (128, 4)):
        x = _convolution(x, filters, 3, pool, norm=True, dropout=0.1)
    return layers.Reshape((x.shape[2], -1))(layers.Permute((2, 1, 3))(x))


def shah_cnn(x: Any) -> Any:
    from keras import layers

    return layers.Dropout(0.3)(layers.Flatten()(_shah_blocks(x)))


def shah_crnn(x: Any) -> Any:
    from keras import layers

    x = layers.GRU(32, return_sequences=True, reset_after=False)(_shah_blocks(x))
    return layers.Dropout(0.3)(layers.GRU(32, reset_after=False)(x))


def stats_cnn(x: Any) -> Any:
    from keras import layers, ops

    x = _image(layers.Rescaling(1 / 12)(x))
    for filters, pool in ((16, 2), (32, 2), (64, 2), (128, (4, 2))):
        x = _convolution(x, filters, 3, pool, norm=True)
    x = layers.Conv2D(128, (x.shape[1], 1), use_bias=False)(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    mean, variance = ops.moments(x, axes=(1, 2))
    return layers.Dropout(0.3)(ops.concatenate([mean, ops.sqrt(variance + 1e-4)], axis=1))


BODIES: dict[str, Callable[..., Any]] = {
    body.__name__.replace("_", "-"): body
    for body in (
        stats_cnn,
        duthoit_cnn,
        duthoit_lstm,
        duthoit_stack,
        yu_cnn,
        zhang_cnn,
        choi_cnn,
        zfnet,
        gtzanet,
        liu_dense,
        liu_shallow,
        liu_cnn,
        shah_cnn,
        shah_crnn,
    )
}
"""What each network makes of its inputs, up to the last layer."""


if __name__ == "__main__":
    serve()
