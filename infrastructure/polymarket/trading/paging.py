"""All pages of a list, or none: a list that breaks off is no shorter list."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from core.domain.errors import Unavailable

FIRST: Final = "MA=="
LAST: Final = "LTE="
MOST: Final = 2000  # pages; beyond that the venue is going round in circles

Row = TypeVar("Row")
Page = tuple[list[Row], str | None]


async def all_pages(page: Callable[[str], Awaitable[Page[Row]]], first: str = FIRST) -> list[Row]:
    """`page` gives the rows at a cursor, and the next cursor. Raises: Unavailable."""
    rows, cursor, seen = list[Row](), first, set[str]()
    while cursor not in seen and len(seen) < MOST:
        seen.add(cursor)
        found, following = await page(cursor)
        rows += found
        if following in {None, "", LAST}:
            return rows
        cursor = following or LAST
    raise Unavailable("The venue's list has no end, so it cannot be read.")
