"""Finds the template that a finished English sentence was made of, and the values in it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Recognised:
    template: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A template as what never changes in it: before, between and after its places."""

    template: str
    names: Sequence[str]
    literals: Sequence[str]

    @property
    def length(self) -> int:
        return sum(map(len, self.literals))


class Templates:
    """Of all that fit a text, the one that says most of it counts: the rest of it are values."""

    def __init__(self, templates: Iterable[str]) -> None:
        known = frozenset(templates)
        shapes = map(_shape, (each for each in known if _PLACE.search(each)))
        self._whole = frozenset(each for each in known if not _PLACE.search(each))
        self._shapes = sorted(shapes, key=lambda shape: (-shape.length, shape.template))

    def recognise(self, text: str) -> Recognised | None:
        """None where nothing fits, and where it fits in two ways: a guess might mix values up."""
        if text in self._whole:
            return Recognised(text, {})
        return next(self._found(text), None)

    def _found(self, text: str) -> Iterator[Recognised]:
        for shape in self._shapes:
            values = _values(shape, text)
            if values is not None:
                yield Recognised(shape.template, values)


def _shape(template: str) -> _Shape:
    parts = _PLACE.split(template)
    return _Shape(template, parts[1::2], parts[0::2])


def _values(shape: _Shape, text: str) -> dict[str, str] | None:
    """By name, none of them empty; None unless there is one way, and only one, to read them."""
    first, *inner, last = shape.literals
    if len(text) <= shape.length or not (text.startswith(first) and text.endswith(last)):
        return None
    body = text[len(first) : len(text) - len(last)]
    places = _leftmost(body, inner)
    if places is None or places != _rightmost(body, inner):
        return None
    starts = [0, *(at + len(literal) for at, literal in zip(places, inner, strict=True))]
    found = [body[start:end] for start, end in zip(starts, [*places, len(body)], strict=True)]
    values = dict(zip(shape.names, found, strict=True))
    is_consistent = all(
        values[name] == value for name, value in zip(shape.names, found, strict=True)
    )
    return values if is_consistent else None


def _leftmost(body: str, literals: Sequence[str]) -> list[int] | None:
    """Where each literal can begin at the earliest, with a value before it and one after all."""
    places: list[int] = []
    end = 0
    for literal in literals:
        at = body.find(literal, end + 1)
        if at < 0:
            return None
        places.append(at)
        end = at + len(literal)
    return places if end < len(body) else None


def _rightmost(body: str, literals: Sequence[str]) -> list[int]:
    """Where each can begin at the latest; only for a body in which they all are."""
    places: list[int] = []
    end = len(body)
    for literal in reversed(literals):
        end = body.rfind(literal, 0, end - 1)
        places.append(end)
    return places[::-1]
