"""A trajectory as moving pictures: each screen with the action drawn on it, and a caption below.

Yields ``Shot``s; what becomes of them (a gif, a film) is for others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Drag, LongPress, Scroll, points_of
from deskhand.actions.words import describe
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.pointer import draw_pointer
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step, Target

SMALLEST, LARGEST = 160, 3840
SLOWEST, FASTEST = 0.1, 20.0
SHORTEST_SHOT, LONGEST_SHOT, LAST_SHOT, UNTIMED_SHOT = 0.6, 3.0, 3.0, 1.5
"""Seconds that a picture stays: at least, at most, at the end, and where no time was recorded."""

MOST_SHOTS = 20_000
GAP = 8
"""Pixels between pictures that stand side by side."""
FONTS = Path("/usr/share/fonts/truetype/dejavu")

GROUND, INK, FAINT = (24, 26, 30), (240, 240, 240), (160, 166, 176)
ACCENT, HALO, BOX = (230, 40, 60), (255, 255, 255), (255, 150, 0)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a film, RGB, and the seconds that it stays."""

    picture: Image.Image
    seconds: float


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The size of every picture: the screen's place, and the caption's height below it."""

    width: int
    height: int
    caption: int


class Film:
    """The pictures of one trajectory.

    Args:
        size: longest side of the screen in the film, in pixels.
        speed: how much faster than it happened it goes.

    Raises:
        UsageError: ``size`` or ``speed`` is out of range.
        TrajectoryError: there is nothing to show.
    """

    def __init__(self, trajectory: Trajectory, *, size: int = 1280, speed: float = 1.0) -> None:
        if not SMALLEST <= size <= LARGEST:
            raise UsageError(f"--size must be {SMALLEST} to {LARGEST} pixels, not {size}")
        if not SLOWEST <= speed <= FASTEST:
            raise UsageError(f"--speed must be {SLOWEST} to {FASTEST}, not {speed:g}")
        if not trajectory.steps:
            raise TrajectoryError(f"{trajectory.folder} has no steps, so there is no video to make")
        self.trajectory = trajectory
        self.speed = speed
        self.count = sum(max(1, len(_actions(step))) for step in trajectory.steps) + 1
        if self.count > MOST_SHOTS:
            raise UsageError(
                f"a video has at most {MOST_SHOTS} pictures, not {self.count}: export "
                "a part, made with deskhand trajectory cut"
            )
        self._canvas = _canvas(trajectory, size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every picture in pixels; both are even, as films need them."""
        return self._canvas.width, self._canvas.height + self._canvas.caption

    def shots(self) -> Iterator[Shot]:
        """Every picture in order: one an action, then the screen as it was at the end.

        Raises:
            TrajectoryError: a frame is missing or damaged.
        """
        pointer: ScreenPoint | None = None
        for index, step in enumerate(self.trajectory.steps):
            for at, action in enumerate(_actions(step) or (None,)):
                pointer = _pointer(action, pointer, last=False)
                yield Shot(self._draw(index, action, step.target(at), pointer), self._stay(index))
                pointer = _pointer(action, pointer, last=True)
        yield Shot(self._final(pointer), LAST_SHOT)

    def picture(self, index: int, at: int = 0) -> Image.Image:
        """The screen of a step with one of its actions drawn on it; after the last step, how it ended.

        Raises:
            TrajectoryError: a frame is missing or damaged.
        """
        if index >= len(self.trajectory.steps):
            return self._final(None)
        step = self.trajectory.steps[index]
        actions = _actions(step)
        action = actions[at] if at < len(actions) else None
        return self._draw(index, action, step.target(at), _pointer(action, None, last=False))

    def durations(self) -> list[float]:
        """The seconds of every picture, without drawing one."""
        steps = enumerate(self.trajectory.steps)
        stays = [self._stay(index) for index, step in steps for _ in range(max(1, len(_actions(step))))]
        return [*stays, LAST_SHOT]

    def _stay(self, index: int) -> float:
        """Seconds for each picture of a step: what it took, within bounds."""
        steps, end = self.trajectory.steps, self.trajectory.end
        after = steps[index + 1].seconds if index + 1 < len(steps) else (end.seconds if end else 0.0)
        took = (after - steps[index].seconds) / max(1, len(_actions(steps[index])))
        known = math.isfinite(took) and took > 0
        stay = min(max(took, SHORTEST_SHOT), LONGEST_SHOT) if known else UNTIMED_SHOT
        return stay / self.speed

    def _draw(
        self, index: int, action: Action | None, target: Target | None, pointer: ScreenPoint | None
    ) -> Image.Image:
        step = self.trajectory.steps[index]
        picture, place = self._screen(step.frame)
        pen = ImageDraw.Draw(picture)
        if target is not None:
            _frame_target(pen, place, target)
        if action is not None:
            _mark(pen, place, action)
        if pointer is not None:
            draw_pointer(pen, place.at(pointer), place.scale)
        if action is None:
            said = clean(step.decision.error, 200) or "no action"
        else:
            said = describe(action, clean(target.words, 80) if target else "")
        thought = clean(step.decision.reply.thought, 300) if step.decision.reply else ""
        self._caption(pen, f"{index + 1}/{len(self.trajectory.steps)}", said, thought)
        return picture

    def _final(self, pointer: ScreenPoint | None) -> Image.Image:
        end = self.trajectory.end
        frame = end.frame if end and end.frame else self.trajectory.steps[-1].frame
        picture, place = self._screen(frame)
        pen = ImageDraw.Draw(picture)
        if pointer is not None:
            draw_pointer(pen, place.at(pointer), place.scale)
        answer = f': "{clean(end.answer, 120)}"' if end and end.answer else ""
        said = f"{clean(end.status, 40)}{answer}" if end else "the recording ends here"
        self._caption(pen, "end", said, clean(self.trajectory.task.instruction, 300))
        return picture

    def _screen(self, digest: str) -> tuple[Image.Image, _Place]:
        """A frame in the middle of its place, on a canvas of the film's size."""
        canvas = self._canvas
        shot = Image.fromarray(self.trajectory.frame(digest).pixels)
        scale = min(canvas.width / shot.width, canvas.height / shot.height, 1.0)
        shown = (max(1, round(shot.width * scale)), max(1, round(shot.height * scale)))
        left, top = (canvas.width - shown[0]) // 2, (canvas.height - shown[1]) // 2
        picture = Image.new("RGB", self.size, GROUND)
        picture.paste(shot if scale == 1 else shot.resize(shown, Image.Resampling.LANCZOS), (left, top))
        return picture, _Place(left, top, scale)

    def _caption(self, pen: ImageDraw.ImageDraw, number: str, said: str, below: str) -> None:
        canvas = self._canvas
        font, small = _font(round(canvas.caption * 0.34), bold=True), _font(round(canvas.caption * 0.26))
        margin, top = round(canvas.caption * 0.2), canvas.height
        pen.rectangle((0, top, canvas.width, top + canvas.caption), fill=GROUND)
        pen.text((margin, top + canvas.caption * 0.3), number, font=font, fill=BOX, anchor="lm")
        left = margin * 2 + round(font.getlength(number))
        room = canvas.width - left - margin
        pen.text((left, top + canvas.caption * 0.3), _cut(said, font, room), font=font, fill=INK, anchor="lm")
        pen.text(
            (left, top + canvas.caption * 0.72), _cut(below, small, room), font=small, fill=FAINT, anchor="lm"
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a screen lies in the picture, and how much smaller it is there."""

    left: int
    top: int
    scale: float

    def at(self, point: ScreenPoint) -> tuple[float, float]:
        """The middle of a pixel of the screen, in pixels of the picture."""
        return self.left + (point.x + 0.5) * self.scale, self.top + (point.y + 0.5) * self.scale


def _actions(step: Step) -> tuple[Action, ...]:
    return step.decision.reply.actions if step.decision.reply else ()


def _canvas(trajectory: Trajectory, size: int) -> _Canvas:
    """Room for the first screen, no larger than it is; those of other sizes are put into it."""
    view = trajectory.frame(trajectory.steps[0].frame).viewport
    scale = min(1.0, size / max(view.width, view.height))
    width, height = max(SMALLEST, round(view.width * scale)), max(16, round(view.height * scale))
    caption = max(40, min(96, round(width * 0.055)))
    return _Canvas(width + width % 2, height + height % 2, caption + caption % 2)


def _pointer(action: Action | None, before: ScreenPoint | None, *, last: bool) -> ScreenPoint | None:
    """Where the pointer is while an action is shown, or after it."""
    points = points_of(action) if action is not None else ()
    return (points[-1] if last else points[0]) if points else before


def _mark(pen: ImageDraw.ImageDraw, place: _Place, action: Action) -> None:
    points = [place.at(point) for point in points_of(action)]
    size = max(1.0, place.scale)
    if isinstance(action, Drag):
        _path(pen, points, size)
    if isinstance(action, Click | LongPress):
        rings = action.count if isinstance(action, Click) else 1
        for ring in range(rings):
            _ring(pen, points[0], (10 + 6 * ring) * size, size)
    if isinstance(action, Scroll) and points and (action.dx or action.dy):
        _turning(pen, points[0], action, size)


def _ring(pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, size: float) -> None:
    for grown, colour, width in ((1, HALO, 5), (0, ACCENT, 3)):
        r = radius + grown
        box = (centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r)
        pen.ellipse(box, outline=colour, width=round(width * size))


def _path(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], size: float) -> None:
    for colour, width in ((HALO, 7), (ACCENT, 4)):
        pen.line(list(points), fill=colour, width=round(width * size), joint="curve")
    _ring(pen, points[0], 6 * size, size)
    _head(pen, points[-2], points[-1], size)


def _turning(pen: ImageDraw.ImageDraw, at: tuple[float, float], action: Scroll, size: float) -> None:
    """An arrow in the direction in which the page is turned."""
    long = 40 * size
    way = (math.copysign(1, action.dx) if action.dx else 0, math.copysign(1, action.dy) if action.dy else 0)
    tip = (at[0] + way[0] * long, at[1] + way[1] * long)
    for colour, width in ((HALO, 7), (ACCENT, 4)):
        pen.line([at, tip], fill=colour, width=round(width * size))
    _head(pen, at, tip, size)


def _head(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], tip: tuple[float, float], size: float
) -> None:
    angle = math.atan2(tip[1] - start[1], tip[0] - start[0])
    long = 14 * size
    wings = [
        (tip[0] - long * math.cos(angle + turn), tip[1] - long * math.sin(angle + turn))
        for turn in (-0.45, 0.45)
    ]
    pen.polygon([tip, *wings], fill=ACCENT, outline=HALO)


def _frame_target(pen: ImageDraw.ImageDraw, place: _Place, target: Target) -> None:
    """A frame around what an action is aimed at, if that is on the screen at all."""
    box = target.box
    left, top = place.left + box.left * place.scale, place.top + box.top * place.scale
    right, bottom = place.left + box.right * place.scale, place.top + box.bottom * place.scale
    if right - left >= 1 and bottom - top >= 1 and max(map(abs, (left, top, right, bottom))) < 1e6:
        pen.rectangle((left - 2, top - 2, right + 1, bottom + 1), outline=BOX, width=2)


def side_by_side(pictures: Sequence[Image.Image], above: Sequence[str]) -> Image.Image:
    """Pictures of one size as one, with a line above each."""
    width, height = pictures[0].size
    size = max(11, round(width * 0.022))
    font, strip = _font(size, bold=True), 2 * size
    whole = Image.new("RGB", (len(pictures) * (width + GAP) - GAP, strip + height), HALO)
    pen = ImageDraw.Draw(whole)
    for number, (picture, words) in enumerate(zip(pictures, above, strict=True)):
        left = number * (width + GAP)
        whole.paste(picture, (left, strip))
        words = _cut(clean(words), font, width - GAP)
        pen.text((left + GAP / 2, strip / 2), words, font=font, fill=GROUND, anchor="lm")
    return whole


@cache
def _font(size: int, *, bold: bool = False) -> Font:
    """DejaVu where Debian has put it, else what pillow brings."""
    path = FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    if path.is_file():
        return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size=size)


def _cut(text: str, font: Font, room: float) -> str:
    """As much of a text as there is room for."""
    if font.getlength(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle] + "…") <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
