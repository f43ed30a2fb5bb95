"""Tasks that are games: numbers to find, cards, tic-tac-toe, prices that move."""

from __future__ import annotations

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click
from deskhand.actions.vocabulary import Move as MoveTo
from deskhand.benchmarks.browsing.moves import (
    Do,
    Moves,
    TaskPage,
    css,
    found,
    nth,
    reading,
    wait,
    write,
)
from deskhand.benchmarks.suites.miniwob.oracles.registry import does


@does("ascending-numbers")
def ascending_numbers(page: TaskPage, instruction: str) -> Moves:
    """Clicks 1, then where 2 to 5 were."""
    yield page.click(reading("svg text", "1"), "1")
    for number in range(2, 6):
        yield page.click(css(f"svg rect[data-index='{number}']"), f"where {number} was")


@does("find-greatest")
def find_greatest(page: TaskPage, instruction: str) -> Moves:
    """Turns every card, goes back to the greatest if it was not the last, and submits."""
    numbers = [int(text) for text in page.texts(".card-value")]
    for place in range(len(numbers)):
        yield page.click(nth(".card", place), f"card {place + 1}, to see it")
    best = numbers.index(max(numbers))
    if best != len(numbers) - 1:
        yield page.click(nth(".card", best), f"the card with {max(numbers)}")
    yield page.submit()


@does("generate-number", anywhere=True)
def generate_number(page: TaskPage, instruction: str) -> Moves:
    """Has numbers made until one fits, up to 16 times, and submits."""
    for _ in range(16):
        text = page.text(css("#display-number"))
        if text.isdigit() and _fits(int(text), instruction):
            break
        yield page.click(css("#generate"), "the button that makes a number")
    yield page.submit()


def _fits(number: int, instruction: str) -> bool:
    if "less than" in instruction:
        return number < int(found(r"less than (\d+)", instruction)[1])
    if "greater than" in instruction:
        return number > int(found(r"greater than (\d+)", instruction)[1])
    return number % 2 == (1 if "odd" in instruction else 0)


@does("guess-number")
def guess_number(page: TaskPage, instruction: str) -> Moves:
    """Halves the range from 0 to 9 with each guess until the number is found."""
    low, high = 0, 9
    while low <= high:
        guess = (low + high) // 2
        # On the right it has arrows that count.
        field = page.box(css("#tt"))
        left = ScreenPoint(field.left + round(6 * page.scale()), field.centre.y)
        yield page.click_at(left, "the field", count=3)
        yield write(str(guess))
        yield page.submit()
        if page.there(css("#higher:not(.hide)")):
            low = guess + 1
        elif page.there(css("#lower:not(.hide)")):
            high = guess - 1
        else:
            return


@does("hot-cold")
def hot_cold(page: TaskPage, instruction: str) -> Moves:
    """Points at the hot place, which follows from what the page drew by chance, and clicks it."""
    # The page shows nothing of the place; it drew it by chance.
    x, y = page.js("[Math.floor(deskhandDrawn[0] * 150 + 5), Math.floor(deskhandDrawn[1] * 115 + 5) + 50]")
    at = ScreenPoint(round(x * page.scale()), round(y * page.scale()))
    yield Do("I point at a place to see how warm it is.", (MoveTo(at=at),))
    yield page.click_at(at, "the hot place")


@does("simon-says")
def simon_says(page: TaskPage, instruction: str) -> Moves:
    """Clicks the buttons in the order that the page drew by chance."""
    drawn = [float(one) for one in page.js("deskhandDrawn.slice(0, 6)")]
    for one in drawn[1 : int(drawn[0] * 3) + 4]:
        yield page.click(css(f"#button-{int(one * 4) + 1}"), f"button {int(one * 4) + 1}")


@does("visual-addition", anywhere=True)
def visual_addition(page: TaskPage, instruction: str) -> Moves:
    """Counts the blocks and types their number."""
    number = page.count(".addition-block")
    yield from page.fill(css("#math-answer"), str(number), "the field for the answer")
    yield page.submit()


TICK_SECONDS = 0.1
AHEAD = 4
"""Prices that go by before a step is begun."""


@does("stock-market")
def stock_market(page: TaskPage, instruction: str) -> Moves:
    """Waits for the middle of the longest run of low prices, all known beforehand, and buys there."""
    limit = float(found(r"less than \$([\d.]+)", instruction)[1].rstrip("."))
    prices = _prices(page)
    buy = Click(at=page.at(css("#buy")))
    now = int(page.js("priceIndex"))
    best = max(range(now + AHEAD, 98), key=lambda at: _low_for(prices, at, limit))
    middle = best + _low_for(prices, best, limit) / 2
    late = int(page.js("priceIndex"))
    seconds = max(0.0, (middle - late) * TICK_SECONDS - 0.1)
    yield Do("I wait for a low price, then buy.", (*wait(round(seconds, 2)).actions, buy))


def _prices(page: TaskPage) -> list[float]:
    """All prices that there will be: they were drawn when the task was made."""
    drawn = [float(one) for one in page.js("deskhandDrawn")]
    # Three draws are the letters of the company; then come the first price and the changes.
    prices = [float(int(drawn[3] * 20) + 40)]
    for one in drawn[4:103]:
        prices.append(max(0.01, round(prices[-1] + (int(one * 31 // 1) - 15) / 10, 2)))
    return prices


def _low_for(prices: list[float], at: int, limit: float) -> int:
    """How many prices from here on are low enough, one after the other."""
    count = 0
    while at + count < min(98, len(prices)) and prices[at + count] <= limit:
        count += 1
    return count
