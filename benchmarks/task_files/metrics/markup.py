"""XML that a program of the sandbox wrote: no entity in it is replaced, and nothing is fetched for it."""

from __future__ import annotations

from typing import Any

from lxml import etree

from deskhand.benchmarks.task_files.metrics.common import shown
from deskhand.benchmarks.task_files.place import NothingThere


def parsed(data: bytes, what: str) -> Any:
    """The root element of an XML document; ``what`` it is called in errors.

    Raises:
        NothingThere: it is none.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NothingThere(f"{what} is not XML: {shown(str(error))}") from error
