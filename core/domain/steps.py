"""Work in small steps, for who must not be held up by all of it at once."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")

Steps: TypeAlias = Generator[None, None, Result]
"""Ends with its result; between two of its `yield`s little is done."""


def finished(steps: Steps[Result]) -> Result:
    """The result of all the steps, one after the other.

    >>> def two():
    ...     yield
    ...     return 2
    >>> finished(two())
    2
    """
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
