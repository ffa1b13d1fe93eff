"""Rows of the Data API: positions, trades, redemptions, approvals."""

from collections.abc import Sequence
from typing import Final

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.accounts import Redeemed
from infrastructure.sandbox.exchange.accounts.contracts import COLLATERAL, OPERATORS, SPENDERS
from infrastructure.sandbox.exchange.accounts.holdings import Deal, Holding
from infrastructure.sandbox.exchange.accounts.money import UNLIMITED, Wallet, value
from infrastructure.sandbox.exchange.decimals import number
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.state import MarketState

NO_OUTCOME: Final = 999


def position_row(
    exchange: ExchangeSandbox, user: str, each: Holding, held: Sequence[Holding]
) -> Json:
    is_over = each.state.payouts is not None
    twins = [other for other in held if other.state is each.state and other.size > 0]
    listed = each.state.listed
    return (
        _about(exchange, each.state, each.outcome)
        | _amounts(each)
        | {
            "proxy_wallet": user,
            "status": _status(each),
            "redeemable": is_over and each.size > 0,
            "mergeable": not is_over and len(twins) > 1,
            "negative_risk": listed.neg_risk,
            "archived": False,
            "verified": False,
            "event_id": listed.event_id,
            "opposite_outcome": listed.outcomes[1 - each.outcome],
            "opposite_token_id": listed.tokens[1 - each.outcome],
            "end_date": f"{listed.ends_at:%Y-%m-%d}",
            "first_entry_at": each.first_at // 1000,
            "last_event_at": each.last_at // 1000,
            "name": "",
            "profile_image": "",
        }
    )


def _amounts(each: Holding) -> Json:
    price = price_of(each.state, each.outcome)
    worth = value(price, each.size)
    gain = worth - each.cost
    average = each.cost * MICROS // each.size if each.size else 0
    return {
        "current_size": number(each.size),
        "avg_price": number(average),
        "entry_cost_usdc": number(each.cost),
        "entry_fees_usdc": number(each.fees),
        "total_cost_usdc": number(each.cost + each.fees),
        "current_price": number(price),
        "current_value": number(worth),
        "total_size": number(each.bought),
        "realized_pnl": number(each.realized),
        "unrealized_pnl": number(gain),
        "total_pnl": number(each.realized + gain),
        "percent_pnl": round(100 * gain / each.cost, 4) if each.cost else 0.0,
        "percent_realized_pnl": round(100 * each.realized / each.cost, 4) if each.cost else 0.0,
    }


def _status(each: Holding) -> str:
    if each.size <= 0:
        return "CLOSED"
    if each.state.payouts is None:
        return "OPEN"
    return "REDEEMABLE" if price_of(each.state, each.outcome) else "REDEEMABLE_LOST"


def price_of(state: MarketState, outcome: int) -> int:
    if state.payouts is not None:
        return int(state.payouts[outcome] * MICROS)
    return int((state.price(outcome) or 0) * MICROS)


def trade_row(exchange: ExchangeSandbox, user: str, each: Deal) -> Json:
    return _about(exchange, each.state, each.outcome) | {
        "proxy_wallet": user,
        "side": each.side.value,
        "size": number(each.size),
        "price": number(each.price),
        "timestamp": each.at // 1000,
        "transaction_hash": each.transaction,
        "name": "",
        "pseudonym": "",
        "bio": "",
        "profile_image": "",
        "profile_image_optimized": "",
    }


def redemption_row(exchange: ExchangeSandbox, user: str, each: Redeemed) -> Json:
    deal = Deal(each.state, 0, Side.BUY, 0, each.shares, 0, each.at, "", True)
    return trade_row(exchange, user, deal) | {
        "type": "REDEEM",
        "token_id": "",
        "side": "",
        "outcome": "",
        "outcome_index": NO_OUTCOME,
        "usdc_size": number(each.cash),
    }


def _about(exchange: ExchangeSandbox, state: MarketState, outcome: int) -> Json:
    listed = state.listed
    return {
        "token_id": listed.tokens[outcome],
        "condition_id": listed.condition_id,
        "title": listed.question,
        "slug": listed.slug,
        "icon": "",
        "event_slug": exchange.catalogue.events[listed.event_id].slug,
        "outcome": listed.outcomes[outcome],
        "outcome_index": outcome,
    }


def allowance_rows(wallet: Wallet | None) -> list[Json]:
    allowed = wallet.allowances if wallet else dict.fromkeys(SPENDERS, 0)
    return [
        {
            "feature": "trading",
            "token": COLLATERAL,
            "spender": spender,
            "standard": "ERC20",
            "approved": amount > 0,
            "amount": "max" if amount >= UNLIMITED else str(amount),
        }
        for spender, amount in allowed.items()
    ]


def operator_rows(wallet: Wallet | None) -> list[Json]:
    allowed = wallet.operators if wallet else dict.fromkeys(OPERATORS, False)
    return [
        {
            "feature": "trading",
            "token": token,
            "spender": operator,
            "standard": "ERC1155",
            "approved": is_allowed,
        }
        for (token, operator), is_allowed in allowed.items()
    ]
