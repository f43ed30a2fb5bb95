"""Desktops in other fonts: programs that chose none write in the font of a file, or in their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.actions.geometry import Viewport
from deskhand.errors import UsageError
from deskhand.training.reasoner.fonts import OtherFonts, fonts_in

MONO = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")


@pytest.mark.lightbox
def test_each_start_has_a_font_of_the_files_or_the_machine_s_own() -> None:
    sandbox, families = OtherFonts(Viewport(400, 300), [MONO]), set()
    with sandbox:
        for _ in range(8):
            told = sandbox.run(["fc-match", "--format=%{family[0]}", "Sans"])
            families.add(told.stdout.decode())
            if len(families) == 2:
                break
            sandbox.reset()
    assert families == {"DejaVu Sans", "DejaVu Sans Mono"}


def test_a_folder_without_fonts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "read.txt").write_text("no font")
    with pytest.raises(UsageError, match="has no font"):
        fonts_in(tmp_path)
