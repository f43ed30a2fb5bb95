"""The two networks that read text: one finds lines, one reads a line. They know nothing of screens.

Both are the PP-OCR models that the rapidocr wheel carries. They are run here directly with
onnxruntime, because three things that matter on a busy desktop machine cannot be set through
rapidocr itself: threads that sleep instead of spinning, lines recognised at their own width (a
short word costs a quarter of the padded one), and the place of each character in its line.
Nothing is ever fetched: without the wheel there is an error that says what to install.

Source: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (2020), for
the meaning of the detector's map; the connectionist temporal classification of Graves et al. (2006)
for the recogniser's output.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.errors import EnvironmentProblem
from deskhand.perception.screen import Pixels

THREADS = 2
"""Most threads that reading uses at once; the reasoner and the sandbox want cores too."""

STRIDE = 32
"""The detector takes sides that are multiples of this."""

LINE_HEIGHT = 48
WIDEST_LINE = 4096
"""Pixels of a line as the recogniser sees it; a longer one is squeezed."""

INK_AT = 0.3
LINE_AT = 0.5
GROWTH = 1.6
"""The detector marks the core of a line: above INK_AT is core, a core whose mean is above LINE_AT is
a line, and GROWTH times area over perimeter gives back the rim that training took away."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """What stands in one crop.

    Attributes:
        text: as read, spaces included.
        places: the centre of each character, in pixels from the crop's left edge.
        confidence: mean over the characters, 0 to 1; 0 for no text.
    """

    text: str
    places: tuple[float, ...]
    confidence: float


class Session(Protocol):
    """What is used of onnxruntime's InferenceSession, which carries no types of its own."""

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        """Every result of the network for arrays, given by the names of its inputs."""
        ...

    def get_inputs(self) -> list[Any]:
        """What the network takes; each has a name."""
        ...

    def get_modelmeta(self) -> Any:
        """What the file of the network says of itself."""
        ...


class Models:
    """The detector and the recogniser, loaded when first used.

    Raises:
        EnvironmentProblem: on first use, if a package or its models are missing.
    """

    @cached_property
    def _detector(self) -> Session:
        return _session("det", threads=THREADS)

    @cached_property
    def _recogniser(self) -> Session:
        # One thread each: lines are read by THREADS callers at a time, which scales better than
        # splitting the small matrices of one line.
        return _session("rec", threads=1)

    @cached_property
    def _characters(self) -> list[str]:
        written = self._recogniser.get_modelmeta().custom_metadata_map["character"]
        return ["", *written.splitlines(), " "]

    def load(self) -> None:
        """Load both now, so that the first look does not pay for it."""
        _ = self._detector, self._characters

    def lines(self, pixels: Pixels, scale: float = 1.0) -> list[Box]:
        """Boxes around lines of text, in pixels of ``pixels`` (H, W, 3), in no order.

        Args:
            scale: the detector looks at the picture this much larger or smaller.
        """
        height, width = pixels.shape[:2]
        down, across = _strides(height * scale), _strides(width * scale)
        if scale == 1.0:
            picture = cv2.copyMakeBorder(pixels, 0, down - height, 0, across - width, cv2.BORDER_REPLICATE)
            ratio_x = ratio_y = 1.0
        else:
            picture = cv2.resize(pixels, (across, down), interpolation=cv2.INTER_AREA)
            ratio_x, ratio_y = width / across, height / down
        heat = self._run(self._detector, picture)[0, 0]
        boxes = (_scaled(core, ratio_x, ratio_y) for core in _cores(heat))
        screen = Box(0, 0, width, height)
        return [
            box for box in (box.intersection(screen) for box in boxes) if box.width > 3 and box.height > 3
        ]

    def text(self, crop: Pixels) -> ReadLine:
        """Read one line. Safe to call from several threads at once.

        Args:
            crop: (H, W, 3), the line and a little around it.
        """
        height, width = crop.shape[:2]
        across = min(WIDEST_LINE, max(16, math.ceil(LINE_HEIGHT * width / height)))
        picture = cv2.resize(crop, (across, LINE_HEIGHT), interpolation=cv2.INTER_CUBIC)
        odds = self._run(self._recogniser, picture)[0]  # (steps, characters)
        best = odds.argmax(axis=1)
        fresh = np.flatnonzero((best != 0) & (best != np.concatenate(([0], best[:-1]))))
        if not fresh.size:
            return ReadLine("", (), 0.0)
        step = width / len(best)
        return ReadLine(
            "".join(self._characters[best[at]] for at in fresh),
            tuple(float((at + 0.5) * step) for at in fresh),
            float(odds[fresh, best[fresh]].mean()),
        )

    def _run(self, session: Session, picture: Any) -> NDArray[np.float32]:
        """Feed (H, W, 3) RGB 0..255 as the models were trained: BGR, channels first, -1..1."""
        inputs = picture[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0
        result = session.run(None, {session.get_inputs()[0].name: inputs})[0]
        return np.asarray(result, dtype=np.float32)


def _cores(heat: NDArray[np.float32]) -> list[Box]:
    """Grown boxes around the marked cores of a detector's map (H, W)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (heat > INK_AT).astype(np.uint8), connectivity=8
    )
    sums = np.bincount(labels.ravel(), weights=heat.ravel(), minlength=count)
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[label])
        if height < 3 or width < 2 or sums[label] / area < LINE_AT:
            continue
        rim = width * height * GROWTH / (2 * (width + height))
        found.append(
            Box(
                math.floor(x - rim),
                math.floor(y - rim),
                math.ceil(x + width + rim),
                math.ceil(y + height + rim),
            )
        )
    return found


def _scaled(box: Box, x: float, y: float) -> Box:
    return Box(round(box.left * x), round(box.top * y), round(box.right * x), round(box.bottom * y))


def _strides(side: float) -> int:
    return max(STRIDE, math.ceil(side / STRIDE) * STRIDE)


def _session(kind: str, threads: int) -> Session:
    return session_of(str(_model(kind)), threads)


def session_of(model: str | bytes, threads: int) -> Session:
    """A network that runs on the processor with at most ``threads`` threads, which sleep while they wait.

    Args:
        model: the path of an ONNX file, or its content.
    """
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise _missing("onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Spinning while waiting makes every other process on a small machine slow, and gains nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session


def _model(kind: str) -> Path:
    """The newest model of a kind that the rapidocr wheel carries; the package is not imported."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise _missing("rapidocr")
    found = sorted((Path(spec.origin).parent / "models").glob(f"*PP-OCR*_{kind}_*.onnx"))
    if not found:
        raise _missing("rapidocr", because="its models are not in it")
    return found[-1]


def _missing(package: str, because: str = "it is not installed") -> EnvironmentProblem:
    return EnvironmentProblem(
        f"reading the screen needs the package {package}, but {because}; "
        "run: pip install rapidocr onnxruntime"
    )
