"""Gamma's paging: order, cursors, offsets."""

import base64
import binascii
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from multidict import MultiMapping

LARGEST_PAGE: Final = 100
LARGEST_LEGACY_PAGE: Final = 500
USUAL_PAGE: Final = 20
END: Final = "LTE="  # also accepted as "there is no more"

Query = MultiMapping[str]
Place = tuple[float, str, int]


class Listed(Protocol):
    """What has a number in the catalogue."""

    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Listed)
Orders = Mapping[str, Callable[[Item], float | str]]
"""By what can be ordered, by the name of the parameter."""


class Invalid(Exception):
    """A request that Gamma answers with 422."""


class Cursor(msgspec.Struct, frozen=True):
    """The last item of a page: the number or text it was ordered by, and its id."""

    id: int
    number: float = 0.0
    text: str = ""


class Page(NamedTuple, Generic[Item]):
    """Items and what to ask next; None at the end."""

    items: Sequence[Item]
    next_cursor: str | None


def keyset_page(items: Sequence[Item], query: Query, orders: Orders[Item]) -> Page[Item]:
    """The page after `after_cursor`, ordered by (key, id), so that each item comes once.

    Raises: Invalid.
    """
    if "offset" in query:
        raise Invalid("offset is not supported, use after_cursor")
    limit = _number(query, "limit", USUAL_PAGE, LARGEST_PAGE)
    if query.get("after_cursor") == END:
        return Page([], None)
    ordered = _ordered(items, query, orders)
    cursor = _cursor(query.get("after_cursor", ""))
    if cursor is not None:
        last = (cursor.number, cursor.text, cursor.id)
        after = operator.gt if _ascending(query) else operator.lt
        ordered = [(place, item) for place, item in ordered if after(place, last)]
    page = ordered[:limit]
    next_cursor = _encoded(page[-1][0]) if page and len(ordered) > len(page) else None
    return Page([item for _, item in page], next_cursor)


def legacy_page(items: Sequence[Item], query: Query, orders: Orders[Item]) -> list[Item]:
    """`limit` and `offset`. Raises: Invalid."""
    limit = _number(query, "limit", USUAL_PAGE, LARGEST_LEGACY_PAGE)
    offset = _number(query, "offset", 0, None)
    return [item for _, item in _ordered(items, query, orders)[offset : offset + limit]]


def flag(query: Query, name: str) -> bool | None:
    """A parameter that is true, false or absent. Raises: Invalid."""
    value = query.get(name)
    if value is None or value == "":
        return None
    if value not in {"true", "false"}:
        raise Invalid(f"{name} is invalid")
    return value == "true"


def positive(query: Query, name: str, usual: int) -> int:
    """Raises: Invalid."""
    value = _number(query, name, usual, None)
    if not value:
        raise Invalid(f"{name} is invalid")
    return value


def _ordered(items: Sequence[Item], query: Query, orders: Orders[Item]) -> list[tuple[Place, Item]]:
    name = query.get("order", "id")
    if name != "id" and name not in orders:
        raise Invalid("order fields are not valid")
    placed = [(_place(item, orders.get(name)), item) for item in items]
    return sorted(placed, key=lambda each: each[0], reverse=not _ascending(query))


def _ascending(query: Query) -> bool:
    wanted = flag(query, "ascending")
    return "order" not in query if wanted is None else wanted


def _place(item: Item, key: Callable[[Item], float | str] | None) -> Place:
    value = key(item) if key else 0.0  # then the id alone decides
    return (0.0, value, int(item.id)) if isinstance(value, str) else (value, "", int(item.id))


def _encoded(place: Place) -> str:
    number, text, item_id = place
    return base64.b64encode(msgspec.json.encode(Cursor(item_id, number, text))).decode()


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.b64decode(text, validate=True), type=Cursor)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise Invalid("after_cursor is invalid") from error


def _number(query: Query, name: str, usual: int, largest: int | None) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"{name} is invalid")
    value = int(text)
    if largest is not None and value > largest:
        raise Invalid(f"{name} must not be greater than {largest}")
    return value
