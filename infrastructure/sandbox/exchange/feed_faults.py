"""What can be wrong with the market socket on purpose."""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from infrastructure.sandbox.exchange.frames import Frame

HASH: Final = re.compile(rb'"hash":"([0-9a-f])')


class Kind(StrEnum):
    """What happens to every k-th frame."""

    SKIP = "skip"
    DUPLICATE = "duplicate"
    REORDER = "reorder"  # it comes after the next one
    WRONG_HASH = "wrong_hash"


@dataclass(slots=True)
class Tampering:
    """One standing fault; empty `tokens` or `connections` mean all."""

    kind: Kind
    every: int = 1
    left: int | None = None  # None = until cleared
    tokens: frozenset[str] = frozenset()
    connections: frozenset[int] = frozenset()
    _seen: Counter[int] = field(default_factory=Counter)
    _held: dict[int, bytes] = field(default_factory=dict)

    def apply(self, connection: int, frame: Frame, data: bytes) -> list[bytes]:
        """What is sent instead of `data`."""
        if self._is_other(connection, frame):
            return [data]
        held = self._held.pop(connection, None)
        if held is not None:
            return [data, held]
        self._seen[connection] += 1
        if self.left == 0 or self._seen[connection] % self.every:
            return [data]
        if self.left is not None:
            self.left -= 1
        return self._tampered(connection, data)

    def _tampered(self, connection: int, data: bytes) -> list[bytes]:
        match self.kind:
            case Kind.SKIP:
                return []
            case Kind.DUPLICATE:
                return [data, data]
            case Kind.REORDER:
                self._held[connection] = data
                return []
            case Kind.WRONG_HASH:
                return [HASH.sub(_flipped, data)]

    def _is_other(self, connection: int, frame: Frame) -> bool:
        return bool(
            (self.connections and connection not in self.connections)
            or (self.tokens and self.tokens.isdisjoint(frame.tokens))
        )


@dataclass(slots=True)
class FeedFaults:
    """Everything that is wrong at the moment."""

    is_frozen: bool = False  # nobody gets data; PONG goes on
    is_deaf: bool = False  # subscriptions are ignored
    is_mute: bool = False  # no PONG
    frozen_tokens: set[str] = field(default_factory=set)
    frozen_connections: set[int] = field(default_factory=set)
    tamperings: list[Tampering] = field(default_factory=list)

    @property
    def are_quiet(self) -> bool:
        """Nothing interferes with delivery."""
        return not (self.is_frozen or self.frozen_connections or self.tamperings)

    def freezes(self, connection: int) -> bool:
        return self.is_frozen or connection in self.frozen_connections

    def delivered(self, connection: int, frame: Frame) -> list[bytes]:
        """What a connection gets instead of `frame`."""
        if self.freezes(connection):
            return []
        sent = [frame.data]
        for tampering in self.tamperings:
            sent = [out for data in sent for out in tampering.apply(connection, frame, data)]
        return sent


def _flipped(found: re.Match[bytes]) -> bytes:
    """The same hash with another first digit."""
    return b'"hash":"' + (b"1" if found[1] == b"0" else b"0")
