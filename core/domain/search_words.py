"""Words that are searched for: other names of things, and what a mistyped one may have meant."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Final

MAX_MEANT: Final = 3  # words that one mistyped word may stand for
SHORTEST_GUESS: Final = 4  # letters; shorter words resemble too many others
SHORTEST_PIECE: Final = 3
ENOUGH: Final = 0.6  # of the words have to be there
ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "btc": "bitcoin",
        "eth": "ethereum",
        "sol": "solana",
        "doge": "dogecoin",
        "usa": "us",
        "gop": "republican",
        "dems": "democrat",
        "potus": "president",
        "scotus": "court",
        "f1": "formula",
        "nyc": "york",
    }
)


def loosely(word: str) -> str:
    """What `word` may stand for in a full-text query: beginnings of words, and other names.

    Numbers mean themselves: 100 is not the beginning of 1000.

    >>> loosely("btc"), loosely("100")
    ('(btc:* | bitcoin)', '100')
    """
    begun = word if word.isdigit() or len(word) == 1 else f"{word}:*"
    return f"({begun} | {ALSO[word]})" if word in ALSO else begun


def leaving_out(parts: Sequence[str], count: int) -> str:
    """A full-text query for all of `parts` but any `count` of them.

    >>> leaving_out(["a", "b", "c"], 1)
    '(a & b) | (a & c) | (b & c)'
    """
    kept = combinations(parts, len(parts) - count)
    return " | ".join(f"({' & '.join(some)})" for some in kept)


def nearest(word: str, candidates: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """The words with the fewest mistakes between them and `word`, most used first.

    `candidates` are words and how often they occur; those too far away are none.
    """
    most = _forgiven(word)
    judged = sorted(
        (mistakes(word, other), -uses, other)
        for other, uses in candidates
        if abs(len(other) - len(word)) <= most
    )
    if not judged or judged[0][0] > most:
        return ()
    return tuple(other for count, _, other in judged if count == judged[0][0])[:MAX_MEANT]


def pieces(word: str) -> list[tuple[str, str]]:
    """Every way in which two words may have been written as one."""
    places = range(SHORTEST_PIECE, len(word) - SHORTEST_PIECE + 1)
    return [(word[:place], word[place:]) for place in places]


def joined(words: Sequence[str]) -> list[str]:
    """Neighbours written as one word."""
    return [first + second for first, second in pairwise(words)]


def mistakes(first: str, second: str) -> int:
    """Letters that are missing, too many, wrong, or swapped with their neighbour.

    >>> mistakes("trmup", "trump"), mistakes("electon", "election")
    (1, 1)
    """
    before, row = [0] * (len(second) + 1), list(range(len(second) + 1))
    for at, letter in enumerate(first, 1):
        above, before, row = before, row, [at, *[0] * len(second)]
        for place, other in enumerate(second, 1):
            row[place] = min(
                before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != other)
            )
            is_swap = at > 1 and place > 1 and letter == second[place - 2]
            if is_swap and first[at - 2] == other:
                row[place] = min(row[place], above[place - 2] + 1)
    return row[-1]


def _forgiven(word: str) -> int:
    """How many mistakes a word of that length may hold."""
    if len(word) < SHORTEST_GUESS or any(char.isdigit() for char in word):
        return 0
    return 1 if len(word) < 6 else 2 if len(word) < 10 else 3  # noqa: PLR2004 - a third or so
