"""Metrics on what applications report of what they show."""

from __future__ import annotations

from typing import Annotated, Any

from lxml import etree
from lxml.cssselect import CSSSelector
from pydantic import BaseModel, Field, TypeAdapter

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, shown, text_of
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.metrics.matching import likeness
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object, wrong_fields
from deskhand.errors import UsageError
from deskhand.sandbox.guest.accessibility import NAMESPACES

MOST_TREE = 32 << 20
LONGEST_SELECTOR = 2000

Selector = Annotated[str, Field(min_length=1, max_length=LONGEST_SELECTOR)]


class _Rule(BaseModel):
    """An element that must be there, by CSS selectors or an XPath, and its text."""

    selectors: Annotated[tuple[Selector, ...], Field(max_length=50)] = ()
    xpath: Selector | None = None
    text: str | None = None
    exact: bool = True


_RULES = TypeAdapter(Annotated[tuple[_Rule, ...], Field(min_length=1, max_length=100)])


def check_accessibility_tree(result: Any, expected: Any, options: Object) -> Score:
    """For every rule there is an element; texts may be alike only in part, which makes a smaller reward."""
    try:
        rules = _RULES.validate_python([expected] if isinstance(expected, dict) else expected)
    except ValueError as error:
        raise UsageError(f"a metric cannot read its rules: {wrong_fields(error)}") from error  # type: ignore[arg-type]
    tree, reward = _parsed(text_of(result)), 1.0
    for rule in rules:
        elements = _elements(tree, rule)
        if not elements:
            return Score(0.0, f"there is no element {shown(rule.xpath or ', '.join(rule.selectors))}")
        texts = [str(getattr(element, "text", element) or "") for element in elements]
        reward *= max(_alike(text, rule) for text in texts)
        if reward <= 0:
            return Score(0.0, f"no such element has the text {shown(rule.text)}, but {shown(texts[0])}")
    return must(True, "") if reward >= 1 else Score(reward, f"the texts are alike by {reward:.0%}")


def check_left_panel(result: Any, expected: Any, options: Object) -> Score:
    """LibreOffice Impress shows its panel of slides."""
    names = [element.get("name") for element in _parsed(text_of(result)).iter("document-frame")]
    return must("Slides View" in names, "no document named Slides View is shown")


def _alike(text: str, rule: _Rule) -> float:
    if rule.text is None:
        return 1.0
    return float(text == rule.text) if rule.exact else likeness(text, rule.text)


def _parsed(xml: str) -> Any:
    if len(xml) > MOST_TREE:
        raise NothingThere("the applications reported too much")
    return parsed(xml.encode(errors="replace"), "what the applications reported")


def _elements(tree: Any, rule: _Rule) -> list[Any]:
    try:
        if rule.xpath is not None:
            found = tree.xpath(rule.xpath, namespaces=NAMESPACES, smart_strings=False)
        elif rule.selectors:
            found = CSSSelector(", ".join(rule.selectors), namespaces=NAMESPACES)(tree)
        else:
            raise UsageError("a rule for what is shown has neither selectors nor xpath")
    except (etree.XPathError, ValueError, SyntaxError) as error:
        raise UsageError(f"a rule for what is shown cannot be read: {str(error)[:200]}") from error
    return found if isinstance(found, list) else [found] if found else []
