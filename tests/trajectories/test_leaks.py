"""Keys that got into a trajectory are found wherever they stand and however they are written."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from deskhand import credentials
from deskhand.trajectories.redaction.leaks import PIECE, Search, find_leaks
from deskhand.trajectories.repair.check import check
from tests.trajectories.samples import write_sample

KEY = 'sk-"naïve/+& <key'
KEYS = {"OPENAI_API_KEY": KEY, "DESKHAND_SECRET_PIN": "1234", "DESKHAND_SECRET_DOOR": "open sesame"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_sample(tmp_path / "run")
    return tmp_path / "run"


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w>" + data + b"</w>" * 1000)
    return packed.getvalue()


def in_base64(before: int) -> Callable[[str], bytes]:
    return lambda key: base64.b64encode(b"x" * before + key.encode() + b"more")


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda key: key.encode(),
    "in JSON": lambda key: json.dumps({"a": key}).encode(),
    "in JSON of UTF-8": lambda key: json.dumps({"a": key}, ensure_ascii=False).encode(),
    "in an address": lambda key: f"http://user:{quote(key, safe='')}@host/".encode(),
    "in UTF-16": lambda key: ("\ufeff" + key).encode("utf-16-le"),
    "in UTF-16 of the other order": lambda key: key.encode("utf-16-be"),
    "in a form": lambda key: f"a={quote_plus(key)}&b=".encode(),
    "in XML": lambda key: html.escape(key, quote=False).encode(),
    "in JSON in JSON": lambda key: json.dumps({"raw": json.dumps({"a": key})}).encode(),
    "in base64 with line ends": lambda key: base64.encodebytes(b"x" * 50 + key.encode() + b"more"),
    "in base64": in_base64(0),
    "in base64 behind one byte": in_base64(1),
    "in base64 behind two bytes": in_base64(2),
    "in base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode() + b"!"),
    "in a document": lambda key: zipped(key.encode()),
    "in gzip": lambda key: gzip.compress(b"a" * 5000 + key.encode()),
    "across two pieces": lambda key: b"-" * (PIECE - 11) + key.encode() + b"-" * PIECE,
}


def test_a_trajectory_without_keys_has_none(run: Path) -> None:
    assert find_leaks(run, KEYS).leaks == ()
    assert check(run, keys=KEYS).keys == Search(("OPENAI_API_KEY", "DESKHAND_SECRET_DOOR"), (), ())


@pytest.mark.parametrize("how", WRITTEN)
def test_a_key_in_a_file_is_found(run: Path, how: str) -> None:
    whole = WRITTEN[how](KEY)
    (run / "files" / "out.bin").write_bytes(whole if how in ("in a document", "in gzip") else b"at: " + whole)
    (leak,) = check(run, keys=KEYS).keys.leaks
    assert (leak.variable, leak.place, leak.times) == ("OPENAI_API_KEY", "files/out.bin", 1)


def test_keys_in_the_log_in_names_and_in_the_folders_own_name_are_found(run: Path) -> None:
    with (run / "trajectory.jsonl").open("a") as log:
        log.write(json.dumps({"type": "note", "step": 4, "text": f"{KEY} {KEY}"}) + "\n")
    (run / "files" / "open sesame").mkdir()
    moved = run.rename(run.parent / "the open sesame run")
    found = {(leak.variable, leak.place): leak.times for leak in find_leaks(moved, KEYS).leaks}
    assert found == {
        ("OPENAI_API_KEY", "trajectory.jsonl"): 2,
        ("DESKHAND_SECRET_DOOR", "files/[DESKHAND_SECRET_DOOR]"): 1,
        ("DESKHAND_SECRET_DOOR", "."): 1,
    }


def test_what_is_told_names_the_variable_and_the_place_and_never_the_key(run: Path) -> None:
    (run / "files" / "open sesame.txt").write_text(f"{KEY} open sesame")
    told = [str(leak) for leak in find_leaks(run, KEYS).leaks]
    assert len(told) == 2
    for line, variable in zip(told, ("DESKHAND_SECRET_DOOR", "OPENAI_API_KEY"), strict=True):
        assert line.startswith(f"the value of {variable} is in files/[DESKHAND_SECRET_DOOR].txt")
        assert "change that key" in line
        assert "sesame" not in line
        assert KEY not in line


def test_short_values_are_placeholders_and_are_not_looked_for(run: Path) -> None:
    (run / "files" / "pin").write_text("1234")
    assert find_leaks(run, KEYS).leaks == ()
    assert find_leaks(run, {"DESKHAND_SECRET_PIN": "1234"}).keys == ()


def test_links_are_not_followed_and_broken_archives_end_the_unpacking_only(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "key").write_text(KEY)
    (run / "files" / "link").symlink_to(outside / "key")
    (run / "files" / "folder").symlink_to(outside)
    os.mkfifo(run / "files" / "pipe")
    (run / "files" / "broken.zip").write_bytes(zipped(b"x")[:60] + KEY.encode())
    (run / "files" / "broken.gz").write_bytes(gzip.compress(b"x" * 999)[:20] + KEY.encode())
    search = find_leaks(run, KEYS)
    assert [leak.place for leak in search.leaks] == ["files/broken.gz", "files/broken.zip"]
    assert any(one.startswith("files/broken.gz: ") for one in search.unsearched)


def test_what_cannot_be_searched_is_told_and_the_rest_is_searched(run: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, kind in (("a", zipfile.ZIP_LZMA), ("b", zipfile.ZIP_BZIP2), ("c", zipfile.ZIP_DEFLATED)):
            archive.writestr(name, KEY, kind)
    data = packed.getvalue()
    (run / "files" / "several.zip").write_bytes(data)
    (run / "files" / "crc.zip").write_bytes(zipped(KEY.encode()).replace(b"word/", b"xord/", 1))
    search = find_leaks(run, KEYS)
    assert [(leak.place, leak.times) for leak in search.leaks] == [("files/several.zip", 1)]
    assert len([one for one in search.unsearched if "has no bound" in one]) == 2
    assert any(one.startswith("files/crc.zip: ") for one in search.unsearched)


def test_a_small_archive_that_unpacks_to_much_is_searched_up_to_a_bound(run: Path) -> None:
    (run / "files" / "bomb.gz").write_bytes(gzip.compress(bytes(300 << 20), compresslevel=1))
    assert find_leaks(run, KEYS).unsearched == ("files/bomb.gz: more than 256 MiB when unpacked",)


def test_archives_in_archives_are_searched(run: Path) -> None:
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.docx", zipped(KEY.encode()))
    (run / "files" / "outer.zip").write_bytes(b"before" + outer.getvalue())
    assert [leak.place for leak in find_leaks(run, KEYS).leaks] == ["files/outer.zip"]


def test_a_trajectory_that_cannot_be_read_is_searched_all_the_same(run: Path) -> None:
    (run / "trajectory.jsonl").write_text(f"junk {KEY}")
    report = check(run, keys=KEYS)
    assert report.faults
    assert [leak.variable for leak in report.keys.leaks] == ["OPENAI_API_KEY"]


def test_the_keys_that_are_known_are_those_that_deskhand_takes() -> None:
    environment = {
        "OPENAI_API_KEY": "a",
        "OPENAI_BASE_URL": "https://user:b%2Fc@host:80/v1",
        "DESKHAND_SANDBOX": "http://token@host",
        "DESKHAND_SECRET_DOOR": "d",
        "DESKHAND_SECRET_EMPTY": "",
        "HOME": "/root",
    }
    assert credentials.known(environment) == {
        "OPENAI_API_KEY": "a",
        "OPENAI_BASE_URL": "b/c",
        "DESKHAND_SANDBOX": "token",
        "DESKHAND_SECRET_DOOR": "d",
    }
    token = "0123456789abcdef" * 2
    for address in (f"http://127.0.0.1:5000/{token}", f"http://127.0.0.1:5000/{token}/"):
        assert credentials.known({"DESKHAND_SANDBOX": address}) == {"DESKHAND_SANDBOX": token}
        assert credentials.without_token(address) == "http://127.0.0.1:5000"
    several = {"DESKHAND_SANDBOX": f"http://desk:one@host:1 http://host:2/{token}"}
    assert credentials.known(several) == {"DESKHAND_SANDBOX": "one", "DESKHAND_SANDBOX (2)": token}
    assert credentials.without_token("http://desk:token@host:1") == "host:1"
    assert credentials.without_token("vm:small") == "vm:small"
    assert credentials.known({"DESKHAND_SANDBOX": "lightbox", "OPENAI_BASE_URL": "http://host/v1"}) == {}
