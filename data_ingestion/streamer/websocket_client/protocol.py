"""The market channel without a socket: frames and the time in, frames and messages out."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client import wire

BATCH: Final = 100  # token ids a frame; a few thousand make the venue hang up
MAX_DECODED: Final = 8 * 1024 * 1024  # bytes; a larger frame is no market news
PONG_PATIENCE: Final = (
    3.0  # ping intervals without a single byte before a connection counts as dead
)
SOON: Final = 0.001  # seconds; a timer may end that much before its time
IN_A_ROW: Final = 3  # frames that are no JSON, before whatever they told counts as missed
JSON_STARTS: Final = frozenset(b"{[ \n\r\t")


class MarketChannel:
    """What one connection has to say, and what it has heard.

    A new connection means a new channel, so nothing of a dead one can leak into it.
    """

    def __init__(self, now: float, ping_interval: float) -> None:
        self.subscribed: frozenset[TokenId] = frozenset()
        self.dropped: Counter[str] = Counter()  # pieces that could not be read, by reason
        self.suspects: set[TokenId] = set()  # tokens about which something was dropped
        self.disowned: frozenset[TokenId] = frozenset()  # another connection speaks for these
        self.last_heard = now
        self.last_data: float | None = None
        self._heard: dict[type[wire.Message], int] = dict.fromkeys(wire.EVENT_NAMES, 0)
        self._texts: Counter[str] = Counter()
        self._ping_interval = ping_interval
        self._last_ping = now
        self._opened = False
        self._illegible = 0  # frames in a row that were no JSON

    def frames_to_send(self, wanted: frozenset[TokenId], now: float) -> Iterator[str]:
        """What brings our subscriptions to `wanted`, then a heartbeat if one is due."""
        for tokens in _batched(sorted(self.subscribed - wanted)):
            yield _json({"operation": "unsubscribe", "assets_ids": tokens})
        for tokens in _batched(sorted(wanted - self.subscribed)):
            yield self._subscribe(tokens)
        self.subscribed = wanted
        self.disowned -= wanted
        if self.next_ping(now) <= SOON:
            self._last_ping = now
            yield "PING"

    def renew(self, tokens: frozenset[TokenId]) -> Iterator[str]:
        """Unsubscribe and subscribe again, so that the venue sends a new snapshot of each."""
        known = sorted(tokens & self.subscribed)
        if known and self.last_data is None:  # perhaps the form that opens the channel was lost
            self._opened = False
            for batch in _batched(known):
                yield self._subscribe(batch)
        for batch in _batched(known):
            yield _json({"operation": "unsubscribe", "assets_ids": batch})
            yield self._subscribe(batch)

    def receive(self, frame: bytes, now: float) -> Sequence[wire.Message]:
        """The messages in `frame`; a heartbeat has none, and what cannot be read is counted."""
        self.last_heard = now
        if len(frame) > MAX_DECODED:
            self.dropped["oversized"] += 1
            self.suspects |= self.subscribed
            return ()
        if not frame or frame[0] not in JSON_STARTS:
            self._texts["pong" if frame == b"PONG" else "text"] += 1
            return ()
        try:
            messages = wire.decode(frame)
        except (msgspec.DecodeError, RecursionError):
            messages = self._salvaged(frame)
        else:
            self._illegible = 0
        if messages:
            self.last_data = now
        heard = self._heard
        for message in messages:
            heard[type(message)] += 1
        return list(_without(messages, self.disowned)) if self.disowned else messages

    @property
    def counts(self) -> Counter[str]:
        """Messages by event, bare texts included."""
        events = Counter({wire.EVENT_NAMES[kind]: n for kind, n in self._heard.items() if n})
        return events + self._texts

    def next_ping(self, now: float) -> float:
        """Seconds until the next heartbeat is due."""
        return max(0.0, self._last_ping + self._ping_interval - now)

    def is_dead(self, now: float) -> bool:
        """Whether nothing at all, not even a PONG, came for three ping intervals."""
        return now - self.last_heard > PONG_PATIENCE * self._ping_interval

    def _salvaged(self, frame: bytes) -> Sequence[wire.Message]:
        salvage = wire.salvage(frame)
        self.dropped.update(salvage.dropped)
        self._illegible = self._illegible + 1 if "not_json" in salvage.dropped else 0
        if self._illegible == IN_A_ROW:
            self._illegible = 0
            self.suspects |= self.subscribed
        self.suspects |= {TokenId(token) for token in salvage.suspects} & self.subscribed
        return salvage.messages

    def _subscribe(self, tokens: list[TokenId]) -> str:
        """The form with `type` opens a channel and may be sent once; later ones are operations."""
        verb = {"operation": "subscribe"} if self._opened else {"type": "market"}
        self._opened = True
        return _json({"assets_ids": tokens, **verb, "custom_feature_enabled": False})


def _without(
    messages: Sequence[wire.Message], tokens: Collection[TokenId]
) -> Iterator[wire.Message]:
    """What is not about these tokens: news of theirs may still be on its way."""
    for message in messages:
        if isinstance(message, wire.WirePriceChange):
            entries = [entry for entry in message.entries() if entry.asset_id not in tokens]
            yield msgspec.structs.replace(message, price_changes=entries, asset_id=TokenId(""))
        elif getattr(message, "asset_id", None) not in tokens:
            yield message


def _json(message: dict[str, object]) -> str:
    return msgspec.json.encode(message).decode()


def _batched(tokens: list[TokenId]) -> Iterator[list[TokenId]]:
    rest = iter(tokens)
    while batch := list(islice(rest, BATCH)):
        yield batch
