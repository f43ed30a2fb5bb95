"""What checks of the desk suite make of a right end that looks unusual, and of a wrong one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image, ImageOps

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.suites.desk.suite import DeskCase, DeskSuite
from deskhand.benchmarks.task_files.doing import scored
from deskhand.benchmarks.task_files.place import Place
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from tests.benchmarks.osworld.places import Folder

SEEDS = range(5)


def checked(case: DeskCase, sandbox: Sandbox, scratch: Path) -> Score:
    return scored(case.task.evaluator, Place(sandbox, scratch, make=case.make))


def left(task: str, seed: int, tmp_path: Path, change: Callable[[DeskCase, bytes], bytes]) -> Score:
    """The score once the task's file was changed."""
    case = DeskSuite().case(task, seed)
    made = case.make("picture" if task.startswith("picture") else "sheet", None)
    (tmp_path / case.parameters["name"]).write_bytes(change(case, made))
    return checked(case, Folder(tmp_path), tmp_path)  # type: ignore[arg-type]


def picture(
    change: Callable[[Image.Image, tuple[int, int]], Image.Image],
) -> Callable[[DeskCase, bytes], bytes]:
    def do(case: DeskCase, data: bytes) -> bytes:
        size = int(case.parameters["wider"]), int(case.parameters["higher"])
        written = io.BytesIO()
        change(Image.open(io.BytesIO(data)), size).save(written, "PNG")
        return written.getvalue()

    return do


SCALINGS = (
    Image.Resampling.NEAREST,
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.LANCZOS,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_is_scaled_however_it_was_scaled(seed: int, tmp_path: Path) -> None:
    for how in SCALINGS:
        score = left("picture-scale", seed, tmp_path, picture(lambda made, size: made.resize(size, how)))  # noqa: B023
        assert score.success, score.reason


WRONG_PICTURES: dict[str, Callable[[Image.Image, tuple[int, int]], Image.Image]] = {
    "black": lambda made, size: Image.new("RGB", size),
    "one colour": lambda made, size: Image.new("RGB", size, made.getpixel((0, 0))),
    "cut": lambda made, size: made.crop((0, 0, *size)),
    "mirrored": lambda made, size: ImageOps.mirror(made).resize(size),
    "as it was": lambda made, size: made,
}


@pytest.mark.parametrize("what", WRONG_PICTURES)
@pytest.mark.parametrize("seed", SEEDS)
def test_another_picture_of_the_right_size_is_not_the_scaled_one(
    what: str, seed: int, tmp_path: Path
) -> None:
    assert not left("picture-scale", seed, tmp_path, picture(WRONG_PICTURES[what])).success


def sheet(change: Callable[[Any, DeskCase], None]) -> Callable[[DeskCase, bytes], bytes]:
    def do(case: DeskCase, data: bytes) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(data))
        total = case.parameters
        book.worksheets[0][f"B{total['below']}"] = int(total["total"])
        change(book.worksheets[0], case)
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    return do


@pytest.mark.parametrize("seed", SEEDS)
def test_a_total_counts_only_where_the_rows_above_it_are_as_they_were(seed: int, tmp_path: Path) -> None:
    def right(page: Any, case: DeskCase) -> None:
        page.column_dimensions["A"].width = 30

    def repriced(page: Any, case: DeskCase) -> None:
        page["B2"] = page["B2"].value + 1

    def renamed(page: Any, case: DeskCase) -> None:
        page["A3"] = "x"

    def emptied(page: Any, case: DeskCase) -> None:
        page.delete_cols(1)
        page.insert_cols(1)

    assert left("sheet-total", seed, tmp_path, sheet(right)).success
    for wrong in (repriced, renamed, emptied):
        score = left("sheet-total", seed, tmp_path, sheet(wrong))
        assert not score.success
        assert score.reason


@pytest.fixture(scope="module")
def box() -> Iterator[Lightbox]:
    with Lightbox() as box:
        yield box


def mailbox(box: Lightbox, case: DeskCase, **files: str) -> None:
    """A mailbox with these messages in these files: "trash_7" is Mail/trash/7."""
    box.run(["rm", "-rf", "Mail"])
    for place, name in files.items():
        folder, _, number = place.partition("_")
        path = f"Mail/{case.parameters['folder'] if folder == 'kept' else folder}"
        box.write_file(f"{path}/.mh_sequences", b"")
        box.write_file(f"{path}/{number}", case.make(f"mail-{name}", None))


@pytest.mark.lightbox
@pytest.mark.parametrize(("task", "folder"), [("mail-move", "kept"), ("mail-delete", "trash")])
def test_a_message_is_in_its_folder_under_any_number(
    task: str, folder: str, box: Lightbox, tmp_path: Path
) -> None:
    case = DeskSuite().case(task, 0)
    meant = case.parameters["number"]
    others = [str(n) for n in range(1, 5) if str(n) != meant]
    inbox = {f"inbox_{n}": n for n in others}
    for files, good in (
        ({**inbox, f"{folder}_1": meant}, True),
        ({**inbox, f"{folder}_7": meant}, True),
        ({**inbox, "sent_1": meant}, False),
        ({**inbox, f"{folder}_1": meant, f"{folder}_2": meant}, False),
        ({**inbox, f"{folder}_1": others[0]}, False),
        ({**inbox, f"{folder}_1": meant, "inbox_9": meant}, False),
        ({f"{folder}_1": meant}, False),
    ):
        mailbox(box, case, **files)
        score = checked(case, box, tmp_path)
        assert score.success is good, (files, score.reason)


@pytest.mark.lightbox
def test_a_draft_that_was_saved_again_under_another_number_is_the_draft(
    box: Lightbox, tmp_path: Path
) -> None:
    case = DeskSuite().case("mail-draft", 0)
    parameters = case.parameters
    draft = f"To: {parameters['address']}\nSubject: {parameters['topic']}\n\n{parameters['text']}\n".encode()
    box.run(["rm", "-rf", "Mail"])
    assert "0 files" in checked(case, box, tmp_path).reason
    box.write_file("Mail/draft/.mh_sequences", b"")
    box.write_file("Mail/draft/2", draft)
    assert checked(case, box, tmp_path).success
    box.write_file("Mail/draft/3", draft)
    assert "2 files" in checked(case, box, tmp_path).reason
