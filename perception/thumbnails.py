"""Screens as small pictures, for pages and notebooks to show."""

from __future__ import annotations

import cv2
import numpy as np

from deskhand.perception.screen import Pixels, Screenshot

QUALITY = 88


def jpeg(pixels: Pixels) -> bytes:
    """RGB pixels, uint8 (H, W, 3), as JPEG."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    assert done
    return data.tobytes()


def thumbnail(screenshot: Screenshot, width: int) -> bytes:
    """A screen in so many pixels across, as JPEG."""
    view = screenshot.viewport
    height = max(1, view.height * width // view.width)
    small = cv2.resize(screenshot.pixels, (width, height), interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(small, np.uint8))
