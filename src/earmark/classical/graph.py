"""ONNX graphs, assembled node by node; constants are numpy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = str
"""Name of what a node gives."""

DOUBLE, INT64 = 11, 7
"""What `Cast` calls the types of numbers (TensorProto.DataType)."""

# What onnxruntime 1.20, the oldest that Earmark takes, reads.
_OPERATORS = (("", 18), ("ai.onnx.ml", 3))
_IR_VERSION = 9


class Graph:
    """A graph that grows: calling it adds a node.

    Example:
        >>> graph = Graph()
        >>> graph("MatMul", "clips", np.eye(2))
        'v1'
    """

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def __call__(
        self,
        operator: str,
        *inputs: Value | NDArray[Any] | np.generic,
        domain: str = "",
        spare: int = 0,
        **attributes: Any,
    ) -> Value:
        """Add a node.

        Args:
            operator: as ONNX calls it.
            inputs: names of values, or constants.
            domain: of the operator.
            spare: how many outputs it has that nobody wants, beside the first.
            attributes: of the node.

        Returns:
            The name of its first output.
        """
        from onnx import helper

        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        outputs = [self._name() for _ in range(1 + spare)]
        self._nodes.append(helper.make_node(operator, names, outputs, domain=domain, **attributes))
        return outputs[0]

    def zeros(self, clips: Value, kind: type[np.generic] = np.float64) -> Value:
        """A zero for each clip [shape=(clips, 1)]."""
        from onnx import numpy_helper

        count = self("Shape", clips, start=0, end=1)
        zero = numpy_helper.from_array(np.zeros(1, kind), "zero")
        return self("ConstantOfShape", self("Concat", count, np.array([1]), axis=0), value=zero)

    def to_bytes(self, shape: tuple[int, ...], outputs: Mapping[str, tuple[Value, int]]) -> bytes:
        """The model: "clips" [shape=(n, *shape)] in float32 → outputs in float32.

        Args:
            shape: of one clip.
            outputs: by name, the value and how many columns it has.
        """
        from onnx import TensorProto, checker, helper

        nodes = list(self._nodes)
        nodes += [
            helper.make_node("Cast", [value], [name], to=TensorProto.FLOAT)
            for name, (value, _) in outputs.items()
        ]
        graph = helper.make_graph(
            nodes,
            "classical",
            [helper.make_tensor_value_info("clips", TensorProto.FLOAT, ["n", *shape])],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", columns])
                for name, (_, columns) in outputs.items()
            ],
            self._constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(*domain) for domain in _OPERATORS],
            ir_version=_IR_VERSION,
            producer_name="earmark",
        )
        checker.check_model(model)
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _constant(self, value: NDArray[Any] | np.generic) -> Value:
        from onnx import numpy_helper

        name = self._name()
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _name(self) -> Value:
        self._count += 1
        return f"v{self._count - 1}"
