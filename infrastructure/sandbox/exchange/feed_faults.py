"""What can be wrong with the market socket on purpose."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from infrastructure.sandbox.exchange.frames import Frame

HASH: Final = re.compile(rb'"hash":"([0-9a-f])')
LATE: Final = 5  # frames of the same connection between a frame and its late copy


class Kind(StrEnum):
    """What happens to every k-th frame."""

    SKIP = "skip"
    DUPLICATE = "duplicate"
    REORDER = "reorder"  # it comes after the next one
    LATE = "late"  # it comes again, old as it is, after some newer ones
    WRONG_HASH = "wrong_hash"
    CUT = "cut"  # half of it is missing
    LAG = "lag"  # all of them come, k frames late


@dataclass(slots=True)
class Tampering:
    """One standing fault; empty `tokens`, `connections` or `event` mean all."""

    kind: Kind
    every: int = 1
    left: int | None = None  # None = until cleared
    tokens: frozenset[str] = frozenset()
    connections: frozenset[int] = frozenset()
    event: str = ""
    _seen: Counter[int] = field(default_factory=Counter)
    _held: dict[int, bytes] = field(default_factory=dict)
    _late: dict[int, deque[bytes]] = field(default_factory=dict)

    def apply(self, connection: int, frame: Frame, data: bytes) -> list[bytes]:
        """What is sent instead of `data`."""
        if self._is_other(connection, frame):
            return [data]
        if self.kind is Kind.LATE:
            return self._with_late_copy(connection, data)
        if self.kind is Kind.LAG:
            return self._behind(connection, data)
        held = self._held.pop(connection, None)
        if held is not None:
            return [data, held]
        return self._tampered(connection, data) if self._is_due(connection) else [data]

    def _is_due(self, connection: int) -> bool:
        """Whether this frame is a k-th one; uses up the count."""
        self._seen[connection] += 1
        if self.left == 0 or self._seen[connection] % self.every:
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def _with_late_copy(self, connection: int, data: bytes) -> list[bytes]:
        """The frame, then perhaps the one that came `LATE` frames ago."""
        passed = self._late.setdefault(connection, deque(maxlen=LATE))
        old = passed[0] if len(passed) == LATE else None
        passed.append(data)
        return [data, old] if old is not None and self._is_due(connection) else [data]

    def _behind(self, connection: int, data: bytes) -> list[bytes]:
        """What was put in `every` frames ago; what still waits when all is healed is lost."""
        waiting = self._late.setdefault(connection, deque())
        waiting.append(data)
        return [waiting.popleft()] if len(waiting) > self.every else []

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
            case Kind.CUT:
                return [data[: len(data) // 2]]
            case Kind.LATE | Kind.LAG:
                return [data]

    def _is_other(self, connection: int, frame: Frame) -> bool:
        return bool(
            (self.connections and connection not in self.connections)
            or (self.tokens and self.tokens.isdisjoint(frame.tokens))
            or (self.event and f'"event_type":"{self.event}"'.encode() not in frame.data)
        )


@dataclass(slots=True)
class FeedFaults:
    """Everything that is wrong at the moment."""

    is_frozen: bool = False  # nobody gets data; PONG goes on
    is_deaf: bool = False  # subscriptions are ignored
    is_mute: bool = False  # no PONG
    is_bookless: bool = False  # subscriptions bring no first book; changes come
    bookless_tokens: set[str] = field(default_factory=set)
    frozen_tokens: set[str] = field(default_factory=set)
    frozen_connections: set[int] = field(default_factory=set)
    tamperings: list[Tampering] = field(default_factory=list)

    @property
    def are_quiet(self) -> bool:
        """Nothing interferes with delivery."""
        return not (
            self.is_frozen or self.frozen_connections or self.frozen_tokens or self.tamperings
        )

    def freezes(self, connection: int) -> bool:
        return self.is_frozen or connection in self.frozen_connections

    def withholds_book(self, token: str) -> bool:
        """Whether a subscription to this token brings no first book."""
        return self.is_bookless or token in self.bookless_tokens or token in self.frozen_tokens

    def delivered(self, connection: int, frame: Frame) -> list[bytes]:
        """What a connection gets instead of `frame`."""
        if self.freezes(connection):
            return []
        frozen = self.frozen_tokens.intersection(frame.tokens)
        sent = _without(frame.data, frozen) if frozen else [frame.data]
        for tampering in self.tamperings:
            sent = [out for data in sent for out in tampering.apply(connection, frame, data)]
        return sent


def _without(data: bytes, frozen: set[str]) -> list[bytes]:
    """The frame less what it says of frozen tokens; nothing if that was all."""
    message = msgspec.json.decode(data)
    if "price_changes" not in message:
        return [] if message.get("asset_id") in frozen else [data]
    left = [each for each in message["price_changes"] if each["asset_id"] not in frozen]
    return [msgspec.json.encode(message | {"price_changes": left})] if left else []


def _flipped(found: re.Match[bytes]) -> bytes:
    """The same hash with another first digit."""
    return b'"hash":"' + (b"1" if found[1] == b"0" else b"0")
