"""Recorded books played to an updater, without sockets and on a clock that a test moves."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.units import Price, TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client import wire
from tests.support.recorded_venue import described

YES: Final = TokenId("1")


class Snapshot(NamedTuple):
    """One book of a series; levels best first."""

    at: int  # ms
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]

    def message(self, token: TokenId = YES) -> wire.WireBook:
        bids = [wire.WireLevel(*level) for level in reversed(self.bids)]
        asks = [wire.WireLevel(*level) for level in reversed(self.asks)]
        return wire.WireBook(token, "0x1", str(self.at), bids, asks)

    @property
    def top(self) -> tuple[Price | None, Price | None]:
        bid = Price(Decimal(self.bids[0][0])) if self.bids else None
        ask = Price(Decimal(self.asks[0][0])) if self.asks else None
        return bid, ask

    @property
    def is_crossed(self) -> bool:
        bid, ask = self.top
        return bid is not None and ask is not None and bid >= ask


class Feed:
    """An updater on a clock that a test moves."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self.now = 0.0
        self.board = PriceBoard(lambda: self.now)
        self.renewed = list[TokenId]()
        self.updater = MarketUpdater(
            self.board, renew=self.renewed.extend, clock=lambda: self.now, wall=lambda: self.now
        )
        for number, token in enumerate(tokens, start=1):
            self.updater.describe(described(number, (token, f"{token}0")))
            self.updater.follow(TokenId(token), None)

    def hear(self, message: wire.Message) -> None:
        self.updater.apply(message, self.now)

    def top(self, token: TokenId) -> tuple[Price | None, Price | None]:
        quote = self.board.quote(token)
        assert quote is not None
        return quote.bid, quote.ask
