"""The recorded trades of one account: its newest pages, and the markets they are of."""

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from core.domain.market import Market, Outcome
from core.domain.reports import TradeReport
from core.domain.units import ConditionId, MarketId, TokenId
from data_ingestion.user_channel.translation import trade_reports
from data_ingestion.user_channel.wire import WireTrade
from tests.support import rows

OWN_KEY = "00000000-0000-4000-8000-000000000001"
PAGES = 4


def recorded_trades(folder: Path) -> list[WireTrade]:
    """Newest first, as the venue's report gives them."""
    trades: list[WireTrade] = []
    for number in range(PAGES):
        name = f"polytrader/rest_clob_data_trades_page{number:02}.json.gz"
        exchange = json.loads(gzip.decompress((folder / name).read_bytes()))
        page = json.loads(exchange["response"]["body"])["data"]
        trades += [msgspec.convert(row | {"event_type": "trade"}, WireTrade) for row in page]
    return trades


def reports_of(trades: Sequence[WireTrade]) -> list[TradeReport]:
    """What they did for the account's own orders, in their order."""
    return [report for trade in trades for report in trade_reports(trade, OWN_KEY)]


def markets_of(trades: Sequence[WireTrade]) -> list[Market]:
    """Both tokens of each are known: makers stand on the complementary one."""
    tokens: dict[str, set[str]] = defaultdict(set)
    for trade in trades:
        tokens[trade.market] |= {trade.asset_id}
        tokens[trade.market] |= {entry.asset_id for entry in trade.maker_orders or ()}
    return [
        replace(
            rows.market(number),
            id=MarketId(str(number)),
            condition_id=ConditionId(condition),
            outcomes=tuple(
                Outcome(name, TokenId(token))
                for name, token in zip(("Yes", "No"), sorted(both), strict=True)
            ),
        )
        for number, (condition, both) in enumerate(sorted(tokens.items()), 1)
    ]
