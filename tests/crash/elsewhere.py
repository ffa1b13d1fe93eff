"""The owner trades past the bot, with the account that the bot uses: nothing here knows of it."""

import itertools
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.book import Side
from core.domain.order_amounts import OrderKind, OrderTerms
from core.domain.units import Price, TokenId, Usdc
from infrastructure.config.settings import load_settings
from infrastructure.custody.assembly import build_custody
from infrastructure.database.engine import create_engine
from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.order import OrderIntent, build_order
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.transport import open_trading_client
from tests.crash.stage import Stage

SPEND: Final = Usdc(Decimal(5))
WORST: Final = Price(Decimal("0.53"))
TICK: Final = Decimal("0.01")
PATIENCE: Final = 10.0  # seconds
_SALTS = itertools.count(1)


async def buy_elsewhere(stage: Stage) -> None:
    """5 USDC of the first outcome."""
    settings, clock = load_settings(stage.folder, stage.settings, {}), VenueClock()
    engine = create_engine(stage.settings["DATABASE_URL"])
    async with open_trading_client(PATIENCE) as client:
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        custody = build_custody(settings, sessions, client, stage.lane.venue.url, clock=clock.unix)
        keys = custody.account_keys
        assert keys is not None
        terms = OrderTerms(Side.BUY, OrderKind.FAK, WORST, TICK, None, SPEND)
        token, wallet = TokenId(stage.tokens[0]), await keys.wallet(stage.user)
        intent = OrderIntent(token, neg_risk=False, terms=terms, wallet=wallet)
        order = build_order(intent, salt=next(_SALTS), timestamp=int(clock.unix() * 1000))
        signed = await keys.sign_order(stage.user, intent, order)
        body = order_body(signed, await keys.api_key(stage.user))
        headers = await keys.l2_headers(stage.user, "POST", "/order", body)
        url = f"{stage.lane.venue.url}/order"
        answer = await client.post(url, content=body, headers=dict(headers))
    await engine.dispose()
    assert answer.json()["success"], answer.text
