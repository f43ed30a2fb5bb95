"""Short memories that make a second look cheap: what was found, by the hash of the pixels it was found on."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from hashlib import blake2b
from typing import Generic, TypeVar

from deskhand.perception.screen import Pixels

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The most recently used entries, a bounded number of them. Safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What is remembered under ``key``, which makes it the newest; None for nothing."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember an entry; the one that was not used for longest is forgotten where there is no room."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


def crop_name(crop: Pixels) -> bytes:
    """A hash of a crop's size and pixels."""
    return blake2b(repr(crop.shape).encode() + crop.tobytes(), digest_size=16).digest()
