"""What stands in the page of the tab that is shown: texts of elements that a task names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, TypeAdapter

from deskhand.benchmarks.task_files.browser.asking import ask
from deskhand.benchmarks.task_files.browser.tabs import active_tab
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object

OTHER = "is_other_exist"
"""What tasks call it that there is a text which they do not name."""

TEXTS = """(kind, names) => {
  const plain = (node) => (node ? node.textContent : '').trim();
  const all = (name, more = '') => {
    try { return [...document.querySelectorAll('.' + name + more)]; } catch (error) { return []; }
  };
  const first = (path) => {
    try {
      return document.evaluate(path, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue;
    } catch (error) { return null; }
  };
  const labelled = (text) => {
    const wanted = text.trim().toLowerCase();
    const has = (node) => node.textContent.replace(/\\s+/g, ' ').toLowerCase().includes(wanted);
    return [...document.body.querySelectorAll('*')].find(
      (node) => has(node) && ![...node.children].some(has));
  };
  const ways = {
    class: (name) => all(name).map(plain),
    own: (name) => [...(all(name)[0]?.childNodes ?? [])]
      .filter((node) => node.nodeType === Node.TEXT_NODE).map(plain).filter(Boolean),
    heading: (name) => all(name).map((node) => node.querySelector('h3')).filter(Boolean).map(plain),
    item: (name) => all(name, ' li.catAllProducts').map((node) => node.querySelector('span'))
      .filter(Boolean).map((node) => node.innerText.trim()),
    label: (name) => [plain(labelled(name))],
    xpath: (name) => [plain(first(name))],
    input: (name) => [(first(name)?.value ?? '').trim()],
  };
  return names.map((name) => ways[kind](name));
}"""
"""A function of the page: the texts of what each name stands for, in one of several ways."""

_TEXTS = TypeAdapter(list[list[str]])
Names = dict[str, str]
Lists = dict[str, tuple[str, ...]]


class WantedTexts(GivenParameters):
    """Which elements, in OSWorld's ways to name them, and the names that their texts get."""

    category: Literal["class", "label", "xpath", "input", "class&url"]
    single: Names = Field(default={}, alias="class_singleObject")
    multi: dict[str, Names | tuple[str, ...]] = Field(default={}, alias="class_multiObject")
    child: dict[str, Names] = Field(default={}, alias="class_multiObject_child")
    only_child: dict[str, Names] = Field(default={}, alias="class_multiObject_only_child")
    search: Lists = Field(default={}, alias="class_multiObject_search_exist")
    items: Lists = Field(default={}, alias="class_multiObject_li")
    url_has: tuple[str, ...] = Field(default=(), alias="url_include_expected")
    url_means: Names = Field(default={}, alias="url_include_expected_multichoice")
    labels: Names = Field(default={}, alias="labelObject")
    paths: Names = Field(default={}, alias="xpathObject")
    inputs: Names = Field(default={}, alias="inputObject")


def active_tab_html_parse(place: Place, given: WantedTexts) -> Object:
    """Texts of elements of the page that is shown, by the names that the task gives them."""
    tab = active_tab(place)

    def texts(kind: str, names: Mapping[str, Any]) -> dict[str, list[str]]:
        if not names:
            return {}
        found = ask(place, do="look", tab=tab.id, function=TEXTS, given=[kind, list(names)])
        try:
            return dict(zip(names, _TEXTS.validate_python(found), strict=True))
        except ValueError as error:
            raise NothingThere("the page does not say what stands in it") from error

    if given.category == "class":
        return _by_class(given, texts)
    if given.category == "class&url":
        return _by_class_and_url(given, texts, tab.url.lower())
    kind, names = {
        "label": ("label", given.labels),
        "xpath": ("xpath", given.paths),
        "input": ("input", given.inputs),
    }[given.category]
    return {names[one]: found[0] if found else "" for one, found in texts(kind, names).items()}


def _by_class(given: WantedTexts, texts: Any) -> Object:
    found: Object = {}
    for kind, wanted in (("class", given.multi), ("own", given.child), ("heading", given.only_child)):
        for name, there in texts(kind, wanted).items():
            places = wanted[name]
            for number, key in places.items() if isinstance(places, dict) else ():
                found[key] = there[int(number)] if int(number) < len(there) else ""
    for name, there in texts("class", given.search).items():
        words = given.search[name]
        found |= {word: word in there for word in words if word != OTHER}
        if OTHER in words:
            found[OTHER] = found.get(OTHER, False) or any(text not in words for text in there)
    for name, there in texts("class", given.single).items():
        found[given.single[name]] = there[0] if there else ""
    return found


def _by_class_and_url(given: WantedTexts, texts: Any, url: str) -> Object:
    """Words that are a text of an element or stand in the address; capitals do not count.

    As in OSWorld, of several words with one name the first decides.
    """
    found: Object = {}
    for kind, wanted in (("class", given.multi), ("item", given.items)):
        for name, there in texts(kind, wanted).items():
            words = tuple(wanted[name])
            low = [text.lower() for text in there]
            found |= {word.lower(): True for word in words if word.lower() in low}
            other = any(all(text not in word.lower() for word in words) for text in low)
            found[OTHER] = found.get(OTHER, False) or other
    for word, key in {**{one: one for one in given.url_has}, **given.url_means}.items():
        found.setdefault(key.lower(), word.lower() in url)
    return found
