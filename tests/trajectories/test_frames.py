"""Frames on disk: what is kept, in which form, and what a damaged or hostile folder does."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import Box
from deskhand.errors import TrajectoryError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.frames import LONGEST_CHAIN, FrameStore, changed_box, size_of_webp


def screen(seed: int = 0, *, width: int = 320, height: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 60, np.uint8)
    pixels[20:60, 20:120] = rng.integers(0, 255, (40, 100, 3), dtype=np.uint8)
    return pixels


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_frame_comes_back_pixel_for_pixel(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    digest = store.put(Screenshot(screen()))
    again = FrameStore(tmp_path).get(digest)
    assert np.array_equal(again.pixels, screen())
    assert names(tmp_path) == [f"{digest}.webp"]


def test_an_unchanged_screen_costs_nothing(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    first = store.put(Screenshot(screen()))
    assert store.put(Screenshot(screen())) == first
    assert len(names(tmp_path)) == 1


def test_a_small_change_is_kept_as_a_crop_of_the_changed_box(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    store.put(Screenshot(screen()))
    changed = screen()
    changed[100:110, 50:70] = 200
    digest = store.put(Screenshot(changed))
    data = (tmp_path / f"{digest}.crop").read_bytes()
    with Image.open(io.BytesIO(data.partition(b"\n")[2])) as picture:
        assert picture.size == (20, 10)
    assert np.array_equal(FrameStore(tmp_path).get(digest).pixels, changed)


def test_a_screen_that_comes_back_after_a_change_is_not_written_again(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    first = store.put(Screenshot(screen()))
    changed = screen()
    changed[0, 0] = 1
    store.put(Screenshot(changed))
    assert store.put(Screenshot(screen())) == first
    assert len(names(tmp_path)) == 2


def test_a_large_change_or_another_size_is_kept_whole(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    store.put(Screenshot(screen()))
    everything = store.put(Screenshot(255 - screen()))
    smaller = store.put(Screenshot(screen(width=150, height=90)))
    assert {f"{everything}.webp", f"{smaller}.webp"} <= set(names(tmp_path))


def test_chains_of_crops_stay_short_and_every_frame_reads_back(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    kept = {}
    pixels = screen()
    for step in range(3 * LONGEST_CHAIN):
        pixels = pixels.copy()
        pixels[step, step : step + 5] = step + 100
        kept[store.put(Screenshot(pixels))] = pixels
    whole = [name for name in names(tmp_path) if name.endswith(".webp")]
    assert len(whole) == 1, "a new chain begins on the whole frame, not with another one"
    lengths = [len(FrameStore(tmp_path).files_of(digest)) for digest in kept]
    assert max(lengths) == LONGEST_CHAIN + 1
    assert lengths.count(2) == 3
    for digest, expected in kept.items():
        assert np.array_equal(FrameStore(tmp_path).get(digest).pixels, expected)


def test_what_lay_over_the_screen_and_is_gone_costs_only_what_is_new(tmp_path: Path) -> None:
    """The screen under a menu comes back with one pixel changed: the whole frame is nearer than the last."""
    store = FrameStore(tmp_path)
    first = store.put(Screenshot(screen()))
    menu = screen()
    menu[70:150, 50:200] = 200
    store.put(Screenshot(menu))
    after = screen()
    after[190, 310] = 9
    digest = store.put(Screenshot(after))
    assert store.files_of(digest) == (f"{digest}.crop", f"{first}.webp")
    assert np.array_equal(FrameStore(tmp_path).get(digest).pixels, after)


def test_a_folder_of_frames_that_is_a_link_is_not_read_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    digest = FrameStore(tmp_path / "real").put(Screenshot(screen()))
    (tmp_path / "frames").symlink_to("real")
    for read in (FrameStore(tmp_path / "frames").get, FrameStore(tmp_path / "frames").files_of):
        with pytest.raises(TrajectoryError, match="is a link"):
            read(digest)


def test_the_changed_box_is_tight() -> None:
    before, after = screen(), screen()
    assert changed_box(before, after) is None
    after[7, 9, 2] += 1
    after[11, 4, 0] += 1
    assert changed_box(before, after) == Box(4, 7, 10, 12)
    assert changed_box(before, screen(width=200)) is None


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 32 + "\n", "g" * 32])
def test_only_digests_become_file_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrajectoryError, match="not the name of a frame"):
        FrameStore(tmp_path).get(name)


def test_a_missing_frame_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match="0" * 32):
        FrameStore(tmp_path).get("0" * 32)


def test_every_cut_of_a_frame_is_noticed(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    store.put(Screenshot(screen()))
    changed = screen()
    changed[100:110, 50:70] = 200
    digest = store.put(Screenshot(changed))
    path = tmp_path / f"{digest}.crop"
    data = path.read_bytes()
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        with pytest.raises(TrajectoryError):
            FrameStore(tmp_path).get(digest)


def test_a_forged_frame_is_noticed_by_its_hash(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    digest = store.put(Screenshot(screen()))
    Image.fromarray(screen(1)).save(tmp_path / f"{digest}.webp", lossless=True)
    with pytest.raises(TrajectoryError, match="another hash"):
        FrameStore(tmp_path).get(digest)


def test_crops_that_go_in_a_circle_are_refused(tmp_path: Path) -> None:
    a, b = "a" * 32, "b" * 32
    (tmp_path / f"{a}.crop").write_bytes(f"deskhand-crop 1 {b} 0 0 10 10\n".encode())
    (tmp_path / f"{b}.crop").write_bytes(f"deskhand-crop 1 {a} 0 0 10 10\n".encode())
    with pytest.raises(TrajectoryError, match="circle"):
        FrameStore(tmp_path).get(a)


def test_a_crop_that_lies_outside_its_frame_is_refused(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    base = store.put(Screenshot(screen()))
    body = io.BytesIO()
    Image.fromarray(screen()[:10, :10]).save(body, "WEBP", lossless=True)
    other = "c" * 32
    for place in ("315 0 320 200", "0 195 320 200", "0 0 999 200"):
        (tmp_path / f"{other}.crop").write_bytes(
            f"deskhand-crop 1 {base} {place}\n".encode() + body.getvalue()
        )
        with pytest.raises(TrajectoryError, match="does not fit"):
            FrameStore(tmp_path).get(other)


def test_links_pipes_and_folders_in_place_of_a_frame_are_refused(tmp_path: Path) -> None:
    digest = "d" * 32
    path = tmp_path / f"{digest}.webp"
    path.symlink_to("/dev/zero")
    with pytest.raises(TrajectoryError, match="cannot be read"):
        FrameStore(tmp_path).get(digest)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(TrajectoryError, match="not a plain file"):
        FrameStore(tmp_path).get(digest)
    path.unlink()
    path.mkdir()
    with pytest.raises(TrajectoryError, match="not a plain file"):
        FrameStore(tmp_path).get(digest)


def test_another_picture_format_under_a_frames_name_is_refused(tmp_path: Path) -> None:
    digest = "e" * 32
    Image.fromarray(screen()).save(tmp_path / f"{digest}.webp", "PNG")
    with pytest.raises(TrajectoryError, match="damaged"):
        FrameStore(tmp_path).get(digest)


def test_one_reader_reads_a_whole_run_in_any_order(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    kept = {}
    pixels = screen()
    for step in range(12):
        pixels = pixels.copy()
        pixels[150, step : step + 3] = step + 100
        kept[store.put(Screenshot(pixels))] = pixels
    reader = FrameStore(tmp_path)
    for digest in [*kept, *reversed(kept)]:
        assert np.array_equal(reader.get(digest).pixels, kept[digest])


def test_a_frame_that_claims_a_monstrous_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    digest = store.put(Screenshot(screen()))
    path = tmp_path / f"{digest}.webp"
    data = bytearray(path.read_bytes())
    assert data[12:16] == b"VP8L"
    data[21:24], data[24] = b"\xff\xff\xff", data[24] | 0x0F  # width and height of 16384
    path.write_bytes(data)
    with pytest.raises(TrajectoryError, match="pixels"):
        FrameStore(tmp_path).get(digest)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 1}, {"lossless": True, "xmp": b"x"}])
def test_a_few_bytes_that_are_64_million_pixels_are_refused_by_their_head(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """What follows the head is missing, so it cannot have been unpacked; nor is it given to a browser."""
    packed = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(packed, "WEBP", method=0, **options)
    name = "a" * 32
    (tmp_path / f"{name}.webp").write_bytes(packed.getvalue()[:64])
    (tmp_path / f"{'b' * 32}.crop").write_bytes(
        f"deskhand-crop 1 {name} 0 0 8000 8000\n".encode() + packed.getvalue()[:64]
    )
    with pytest.raises(TrajectoryError, match="claims 8000x8000 pixels: too many"):
        FrameStore(tmp_path).get(name)
    for digest in (name, "b" * 32):
        with pytest.raises(TrajectoryError, match="claims 8000x8000 pixels: too many"):
            FrameStore(tmp_path).stored(digest)


def test_a_crop_is_measured_before_it_is_unpacked(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    base = store.put(Screenshot(screen()))
    size = Screenshot(screen()).viewport
    packed = io.BytesIO()
    Image.new("RGB", (size.width + 1, size.height)).save(packed, "WEBP", lossless=True)
    head = f"deskhand-crop 1 {base} 0 0 {size.width} {size.height}\n".encode()
    (tmp_path / f"{'c' * 32}.crop").write_bytes(head + packed.getvalue()[:64])
    with pytest.raises(TrajectoryError, match="does not fit"):
        FrameStore(tmp_path).get("c" * 32)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (16383, 2), (2, 16383), (1280, 800), (257, 255)])
@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 1}, {"lossless": True, "xmp": b"x"}])
def test_the_head_of_a_webp_tells_its_size(width: int, height: int, options: dict[str, Any]) -> None:
    packed = io.BytesIO()
    Image.new("RGB", (width, height), (1, 2, 3)).save(packed, "WEBP", **options)
    assert size_of_webp(packed.getvalue()) == (width, height)
    for cut in (0, 11, 15, 25, 29):
        with pytest.raises(ValueError, match="no WebP"):
            size_of_webp(packed.getvalue()[:cut])


def test_a_crop_without_a_head_that_is_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"{'f' * 32}.crop").write_bytes(b"deskhand-crop 2 something new\n")
    with pytest.raises(TrajectoryError, match="head of a crop"):
        FrameStore(tmp_path).get("f" * 32)
