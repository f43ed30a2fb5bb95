"""The detector's network: what it is made of, and how it runs. It knows nothing of screens.

One description, ``LAYERS``, is read twice: training builds torch modules from it, and here it becomes
an ONNX graph in memory with the weights that ship as safetensors. So the two cannot drift apart, and
looking at a screen needs no torch.

A feature pyramid, and on four of its levels a head that predicts for every cell of the picture what
has its centre there, how far its sides are, and in what state it is.

Source: Lin et al., "Feature Pyramid Networks" (2017); Zhou et al., "Objects as Points" (2019).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from deskhand.errors import EnvironmentProblem
from deskhand.perception.screen import ROLES, STATES, Pixels
from deskhand.perception.text.ocr import THREADS, Session, session_of

PICTURE = "picture"
STRIDES = (4, 8, 16, 32)
"""Pixels of the picture that a cell of each level stands for, along each axis."""
COARSEST = 64
"""The picture's sides must be multiples of this."""
OUTPUTS = len(ROLES) + 4 + len(STATES)
"""Numbers for each cell: a logit for each role; the logarithms of the distances to left, top, right and
bottom, in cells; a logit for each state."""

Weights = Mapping[str, NDArray[np.float32]]
Shape = Sequence[int | str | None]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class GraphLayer:
    """A convolution, and what happens to its result.

    Attributes:
        name: of its result and its weights.
        source: the layer it reads, or ``PICTURE``.
        inputs, outputs: channels.
        kernel, stride: in cells; it is padded to keep size / stride.
        add: a layer of the same size whose result is added.
        enlarge: a layer of half the size whose result is added, every cell as two by two.
        relu: whether what is negative becomes 0 in the end.
    """

    name: str
    source: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    add: str = ""
    enlarge: str = ""
    relu: bool = True


def _trunk() -> list[GraphLayer]:
    layers = [
        GraphLayer("s2", PICTURE, 3, 16, stride=2),
        GraphLayer("s4", "s2", 16, 32, stride=2),
        GraphLayer("s4a", "s4", 32, 32, add="s4"),
    ]
    last, channels = "s4a", 32
    for stride, wider, depth in ((8, 64, 3), (16, 96, 3), (32, 128, 3), (64, 128, 3)):
        name = f"s{stride}"
        layers.append(GraphLayer(name, last, channels, wider, stride=2))
        last, channels = name, wider
        for letter in "abc"[:depth]:
            layers.append(GraphLayer(name + letter, last, channels, channels, add=last))
            last = name + letter
    return layers


def _pyramid() -> list[GraphLayer]:
    layers = [GraphLayer("p64", "s64c", 128, 64, kernel=1)]
    for stride, channels in ((32, 128), (16, 96), (8, 64)):
        # One convolution mixes what came down with what is seen here.
        layers.append(
            GraphLayer(
                f"m{stride}", f"s{stride}c", channels, 64, kernel=1, enlarge=f"p{stride * 2}", relu=False
            )
        )
        layers.append(GraphLayer(f"p{stride}", f"m{stride}", 64, 64))
    layers.append(GraphLayer("n8", "p8", 64, 32, kernel=1, relu=False))
    layers.append(GraphLayer("m4", "s4a", 32, 32, kernel=1, enlarge="n8", relu=False))
    layers.append(GraphLayer("p4", "m4", 32, 32))
    return layers


def _heads() -> list[GraphLayer]:
    layers = []
    for stride in STRIDES:
        channels = 32 if stride == 4 else 64
        layers.append(GraphLayer(f"h{stride}", f"p{stride}", channels, channels))
        layers.append(GraphLayer(f"out{stride}", f"h{stride}", channels, OUTPUTS, kernel=1, relu=False))
    return layers


LAYERS = (*_trunk(), *_pyramid(), *_heads())


class Network:
    """The network with its weights, ready to run.

    Args:
        weights: for each layer NAME its NAME.weight (outputs, inputs, kernel, kernel) and NAME.bias.

    Raises:
        EnvironmentProblem: onnx or onnxruntime is not installed.
        ValueError: a weight is missing or of another shape.
    """

    def __init__(self, weights: Weights) -> None:
        self._session: Session = session_of(_graph(weights), THREADS)

    @classmethod
    def read(cls, path: Path) -> Network:
        """The network with weights from a safetensors file. Raises EnvironmentProblem if it is damaged."""
        return with_weights(cls, path)

    def __call__(self, pixels: Pixels) -> list[NDArray[np.float32]]:
        """For each of ``STRIDES`` an array (OUTPUTS, height / stride, width / stride).

        Args:
            pixels: (height, width, 3) RGB uint8, both sides multiples of ``COARSEST``.
        """
        return [level[0] for level in self._session.run(None, {PICTURE: pixels[None]})]


def with_weights(make: Callable[[Weights], Made], path: Path) -> Made:
    """A network made of the weights in a safetensors file.

    Raises:
        EnvironmentProblem: the file is missing, damaged, or of another network.
    """
    safetensors = importlib.import_module("safetensors.numpy")
    try:
        found = safetensors.load_file(path)
        return make({name: array.astype(np.float32) for name, array in found.items()})
    except (OSError, ValueError, importlib.import_module("safetensors").SafetensorError) as error:
        raise EnvironmentProblem(
            f"the weights {path} are missing or damaged ({error}): install deskhand again"
        ) from error


def _graph(weights: Weights) -> bytes:
    """The layers as a serialized ONNX model that takes (1, H, W, 3) uint8."""
    builder = GraphBuilder(weights)
    builder.picture((1, "height", "width", 3))
    for layer in LAYERS:
        builder.layer(layer)
    for stride in STRIDES:
        builder.result(f"out{stride}", (1, OUTPUTS, None, None))
    return builder.model()


class GraphBuilder:
    """Makes an ONNX model of layers and their weights. Raises EnvironmentProblem where onnx is missing."""

    def __init__(self, weights: Weights) -> None:
        try:
            self._onnx = importlib.import_module("onnx")
        except ImportError as error:
            raise EnvironmentProblem(
                "finding widgets needs the package onnx; run: pip install onnx"
            ) from error
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._results: list[Any] = []

    def model(self) -> bytes:
        """The serialized model."""
        graph = self._onnx.helper.make_graph(
            self._nodes, "deskhand", self._inputs, self._results, self._constants
        )
        opsets = [self._onnx.helper.make_opsetid("", 17)]
        model = self._onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
        return bytes(model.SerializeToString())

    def input(self, name: str, shape: Shape, kind: str = "FLOAT") -> None:
        """Declare an array that the model is given; None or a name in ``shape`` leaves a side open."""
        of_kind = getattr(self._onnx.TensorProto, kind)
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, of_kind, list(shape)))

    def result(self, name: str, shape: Shape) -> None:
        """Declare which layer's floats the model gives; None or a name in ``shape`` leaves a side open."""
        kind = self._onnx.TensorProto.FLOAT
        self._results.append(self._onnx.helper.make_tensor_value_info(name, kind, list(shape)))

    def picture(self, shape: Shape) -> None:
        """RGB bytes, rows first, become channels first, -1 to 1."""
        self.input(PICTURE, shape, "UINT8")
        self._constant("scale", np.array(1 / 127.5, np.float32))
        self._constant("one", np.array(1, np.float32))
        self._constant("twice", np.array([1, 1, 2, 2], np.float32))
        self._node("Transpose", [PICTURE], "picture.planes", perm=[0, 3, 1, 2])
        self._node("Cast", ["picture.planes"], "picture.float", to=self._onnx.TensorProto.FLOAT)
        self._node("Mul", ["picture.float", "scale"], "picture.scaled")
        self._node("Sub", ["picture.scaled", "one"], "picture.ready")

    def layer(self, layer: GraphLayer) -> None:
        """Add a layer's convolution with its weights, and what happens to its result."""
        weight, bias = self._weighed(layer.name, (layer.outputs, layer.inputs, layer.kernel, layer.kernel))
        source = "picture.ready" if layer.source == PICTURE else layer.source
        steps = [("Conv", [source, weight, bias], self._convolution(layer))]
        if layer.add:
            steps.append(("Add", [layer.add], {}))
        if layer.enlarge:
            large = f"{layer.name}.large"
            options = {
                "mode": "nearest",
                "coordinate_transformation_mode": "asymmetric",
                "nearest_mode": "floor",
            }
            self._node("Resize", [layer.enlarge, "", "twice"], large, **options)
            steps.append(("Add", [large], {}))
        if layer.relu:
            steps.append(("Relu", [], {}))
        last = ""
        for number, (kind, inputs, options) in enumerate(steps):
            result = layer.name if number == len(steps) - 1 else f"{layer.name}.{number}"
            self._node(kind, [*([last] if last else []), *inputs], result, **options)
            last = result

    def joined(self, sources: Sequence[str], name: str) -> None:
        """Everything that each of several sources gives for one picture, in one row."""
        for source in sources:
            self._node("Flatten", [source], f"{source}.row")
        self._node("Concat", [f"{source}.row" for source in sources], name, axis=1)

    def dense(self, name: str, source: str, inputs: int, outputs: int, *, relu: bool) -> None:
        """All numbers of a row mixed with each other."""
        weight, bias = self._weighed(name, (outputs, inputs))
        self._node("Gemm", [source, weight, bias], f"{name}.0" if relu else name, transB=1)
        if relu:
            self._node("Relu", [f"{name}.0"], name)

    def _weighed(self, layer: str, shape: tuple[int, ...]) -> tuple[str, str]:
        """The names of a layer's weight and bias, which become constants."""
        weight, bias = f"{layer}.weight", f"{layer}.bias"
        for name, wanted in ((weight, shape), (bias, shape[:1])):
            if name not in self._weights or self._weights[name].shape != wanted:
                raise ValueError(f"{name} is missing or not of shape {wanted}")
            self._constant(name, self._weights[name])
        return weight, bias

    def _convolution(self, layer: GraphLayer) -> dict[str, Any]:
        around = layer.kernel // 2
        return {
            "kernel_shape": [layer.kernel] * 2,
            "strides": [layer.stride] * 2,
            "pads": [around] * 4,
        }

    def _constant(self, name: str, array: NDArray[np.float32]) -> None:
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))

    def _node(self, kind: str, inputs: list[str], output: str, **options: Any) -> None:
        self._nodes.append(self._onnx.helper.make_node(kind, inputs, [output], **options))
