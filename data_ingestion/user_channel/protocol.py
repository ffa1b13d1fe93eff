"""The user channel without a socket: frames and the time in, reports out."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from core.domain.errors import InvalidQuantity
from core.domain.reports import OrderReport, TradeReport
from data_ingestion.user_channel import wire
from data_ingestion.user_channel.translation import UnknownStatus, order_report, trade_reports

PING: Final = "PING"
PONG_PATIENCE: Final = 3.0  # ping intervals without a byte before the connection counts as dead
JSON_STARTS: Final = frozenset(b"{[ \n\r\t")
OTHERS: Final = frozenset({"unknown_event", "foreign"})  # what is dropped without a loss

Report: TypeAlias = OrderReport | TradeReport


class UserProtocol:
    """What one connection has heard. A new connection means a new one of these."""

    def __init__(self, api_key: str, now: float, ping_interval: float) -> None:
        self.has_heard = False  # anything at all since the credentials were sent
        self.has_news = False  # of our account, so the credentials are good
        self.last_heard = now
        self.messages: Counter[str] = Counter()  # by event
        self.dropped: Counter[str] = Counter()  # pieces that are not passed on, by reason
        self._api_key = api_key
        self._ping_interval = ping_interval
        self._last_ping = now - ping_interval

    def receive(self, frame: bytes, now: float) -> list[Report]:
        """The news in `frame`; a heartbeat has none, and what cannot be read is counted."""
        self.has_heard = True
        self.last_heard = now
        if not frame or frame[0] not in JSON_STARTS:
            self.messages["pong" if frame == b"PONG" else "text"] += 1
            return []
        decoded = wire.decode(frame)
        self.dropped.update(decoded.dropped)
        return [report for message in decoded.messages for report in self._read(message)]

    @property
    def losses(self) -> int:
        """How many pieces may have been news of ours, and could not be read."""
        return sum(count for reason, count in self.dropped.items() if reason not in OTHERS)

    def ping(self, now: float) -> None:
        """A heartbeat is being sent."""
        self._last_ping = now

    def next_ping(self, now: float) -> float:
        """Seconds until the next heartbeat is due."""
        return max(0.0, self._last_ping + self._ping_interval - now)

    def is_dead(self, now: float) -> bool:
        """Whether nothing at all, not even a PONG, came for three ping intervals."""
        return now - self.last_heard > PONG_PATIENCE * self._ping_interval

    def _read(self, message: wire.Message) -> Iterator[Report]:
        self.messages[wire.EVENT_NAMES[type(message)]] += 1
        try:
            reports = self._reports(message)
        except UnknownStatus:
            self.dropped["unknown_status"] += 1
        except InvalidQuantity:
            self.dropped["malformed"] += 1
        else:
            self.has_news = self.has_news or bool(reports)
            yield from reports

    def _reports(self, message: wire.Message) -> list[Report]:
        if isinstance(message, wire.WireTrade):
            reports: list[Report] = list(trade_reports(message, self._api_key))
        elif self._api_key in {message.owner, message.order_owner}:
            reports = [order_report(message)]
        else:
            reports = []
        if not reports:
            self.dropped["foreign"] += 1
        return reports


class _Credentials(msgspec.Struct):
    api_key: str = msgspec.field(name="apiKey")


class _Auth(msgspec.Struct):
    auth: _Credentials


def api_key_of(frame: bytes) -> str:
    """Whose orders are ours: the public part of the frame that opens the channel.

    Raises: msgspec.DecodeError.
    """
    return msgspec.json.decode(frame, type=_Auth).auth.api_key
