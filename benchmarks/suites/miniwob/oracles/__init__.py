"""Oracles of the tasks, by kind. They know from DevTools where things are, and act as an agent does."""

from deskhand.benchmarks.suites.miniwob.oracles import (
    clicking,
    dragging,
    drawing,
    entering,
    forms,
    games,
    listing,
    mail,
    tictactoe,
)
from deskhand.benchmarks.suites.miniwob.oracles.registry import ANYWHERE, ORACLES

__all__ = [
    "ANYWHERE",
    "ORACLES",
    "clicking",
    "dragging",
    "drawing",
    "entering",
    "forms",
    "games",
    "listing",
    "mail",
    "tictactoe",
]
