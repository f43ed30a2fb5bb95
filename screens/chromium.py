"""How Chromium is started for a measurement: it asks nothing, fetches nothing, looks the same each time."""

from __future__ import annotations

_FLAGS = (
    "--no-sandbox",
    "--test-type",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-smooth-scrolling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-dev-shm-usage",
    "--password-store=basic",
    "--lang=en",
)
_WITHOUT = ("Translate", "MediaRouter", "OptimizationHints", "AutofillServerCommunication")


def flags(*more: str, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The flags of every Chromium and ``more``; ``without`` are features to be left out besides the usual."""
    return (*_FLAGS, f"--disable-features={','.join((*_WITHOUT, *without))}", *more)
