"""Which token travels on which connection: kin together, nobody moved for a stranger's sake."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import NamedTuple, TypeAlias

from core.domain.units import TokenId


class Kin(NamedTuple):
    """Whom a token belongs to; a token that nobody described is its own market and event."""

    event: str
    market: str


Shards: TypeAlias = Mapping[int, frozenset[TokenId]]


def place(
    now: Shards, wanted: Collection[TokenId], kin: Mapping[TokenId, Kin], capacity: int
) -> dict[int, frozenset[TokenId]]:
    """The shards that carry exactly `wanted`, at most `capacity` tokens each, as like `now` as can.

    Markets of one event share a shard while they fit into one, tokens of one market always do
    unless a single market is larger. A token moves only together with newcomers of its own event
    or market for which its shard has no room.
    """
    draft = _Draft(now, frozenset(wanted), capacity)
    new = draft.homeless()
    if not new:
        return draft.result()
    for family in _families(wanted, lambda token: _kin(kin, token).event):
        if new.isdisjoint(family):
            continue
        if len(family) <= capacity:
            draft.settle(family)
            continue
        for market in _families(family, lambda token: _kin(kin, token).market):
            for part in _parts(market, capacity):
                draft.settle(part)
    return draft.result()


class _Draft:
    """The placement while it is being made."""

    def __init__(self, now: Shards, wanted: frozenset[TokenId], capacity: int) -> None:
        self._capacity = capacity
        self._wanted = wanted
        self._shards = {number: set(tokens & wanted) for number, tokens in now.items()}
        self._home = {token: n for n, tokens in self._shards.items() for token in tokens}

    def homeless(self) -> frozenset[TokenId]:
        return self._wanted - self._home.keys()

    def settle(self, family: Collection[TokenId]) -> None:
        """Find a place for those of `family` that have none: at home, else for all of them."""
        new = [token for token in family if token not in self._home]
        if not new:
            return
        homes = {self._home[token] for token in family if token in self._home}
        at_home = self._fullest_with_room(homes, len(new))
        if at_home is not None:
            self._put(new, at_home)
        elif len(homes) > 1:  # it was too large for one shard before, and lives apart
            self._put(new, self._any_shard(len(new)))
        else:
            self._leave(family)
            self._put(family, self._any_shard(len(family)))

    def result(self) -> dict[int, frozenset[TokenId]]:
        return {number: frozenset(tokens) for number, tokens in self._shards.items() if tokens}

    def _any_shard(self, count: int) -> int:
        found = self._fullest_with_room(self._shards, count)
        if found is not None:
            return found
        return next(n for n in range(len(self._shards) + 1) if n not in self._shards)

    def _fullest_with_room(self, numbers: Iterable[int], count: int) -> int | None:
        """The fullest, so that the others keep room for whole events."""
        fitting = [n for n in numbers if len(self._shards[n]) + count <= self._capacity]
        return max(fitting, key=lambda n: (len(self._shards[n]), -n), default=None)

    def _put(self, tokens: Collection[TokenId], number: int) -> None:
        self._shards.setdefault(number, set()).update(tokens)
        self._home.update(dict.fromkeys(tokens, number))

    def _leave(self, tokens: Iterable[TokenId]) -> None:
        for token in tokens:
            number = self._home.pop(token, None)
            if number is not None:
                self._shards[number].discard(token)


def _families(tokens: Iterable[TokenId], name: Callable[[TokenId], str]) -> Iterable[list[TokenId]]:
    """Tokens by name, in the order in which they were asked for."""
    found: dict[str, list[TokenId]] = {}
    for token in tokens:
        found.setdefault(name(token), []).append(token)
    return found.values()


def _kin(kin: Mapping[TokenId, Kin], token: TokenId) -> Kin:
    return kin.get(token) or Kin(f"token {token}", f"token {token}")


def _parts(tokens: list[TokenId], size: int) -> Iterable[list[TokenId]]:
    rest = iter(tokens)
    while part := list(islice(rest, size)):
        yield part
