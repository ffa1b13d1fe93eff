"""The venue's rules for prices and sizes, refused in its own words."""

from typing import Final

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.order_wire import INVALID_PAYLOAD, Sent
from infrastructure.sandbox.exchange.accounts.records import Terms
from infrastructure.sandbox.exchange.decimals import micros, text
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MINIMUM_SIZE

CENT: Final = 10_000  # millionths
AMOUNT_STEPS: Final = {100_000: 1_000, 10_000: 100, 5_000: 10, 2_500: 1, 1_000: 10, 100: 1}
"""By tick: the smallest part of a USDC that a resting order's money may have."""
ASKED_STEP: Final = 100  # of what a FOK or FAK asks for
LEAST_MARKETABLE: Final = MICROS  # a buy that takes spends at least a USDC
SHORTEST_LIFE: Final = 60  # seconds of a GTD
INACCURATE: Final = (
    "invalid amounts, the {kind} {side} orders maker amount supports a max accuracy of {given} "
    "decimals, taker amount a max of {asked} decimals"
)


def read_terms(sent: Sent, order_id: str, tick: int, now: int) -> Terms:
    """What it wants, once every rule of form is kept. `now` in Unix seconds. Raises: Refused."""
    _refuse_bad_life(sent, now)
    given, asked = sent.struct.maker_amount, sent.struct.taker_amount
    if not given or not asked:
        raise Refused(400, INVALID_PAYLOAD)
    money, shares = (given, asked) if sent.side is Side.BUY else (asked, given)
    price = _price(sent, money, shares, tick, order_id)
    if sent.kind.rests:
        _refuse_inaccurate_rest(sent, money, shares, tick)
        if shares < micros(MINIMUM_SIZE):
            size = f"Size ({text(shares)}) lower than the minimum: {MINIMUM_SIZE}"
            raise Refused(400, f"order {order_id} is invalid. {size}")
    return Terms(sent.side, sent.kind, price, shares, money, sent.post_only, sent.expiration)


def refuse_small_taker(terms: Terms) -> None:
    """Raises: Refused for a buy that takes with less than a USDC."""
    if terms.side is Side.BUY and terms.money < LEAST_MARKETABLE:
        amount = text(terms.money)
        raise Refused(400, f"invalid amount for a marketable BUY order (${amount}), min size: $1")


def reachable(offers: list[tuple[int, int]], terms: Terms) -> tuple[int, bool]:
    """How many shares can be had now within the limit, and whether that is all of the order.

    A buy spends its money, whatever number of shares that brings at better prices.
    """
    size, left = 0, terms.money if terms.side is Side.BUY else terms.size
    for price, offered in offers:
        is_beyond = price > terms.price if terms.side is Side.BUY else price < terms.price
        if is_beyond:
            break
        wanted = left * MICROS // price if terms.side is Side.BUY else left
        taken = min(wanted, offered)
        size += taken
        if taken == wanted:
            return size, True
        left -= taken * price // MICROS if terms.side is Side.BUY else taken
    return size, False


def _refuse_bad_life(sent: Sent, now: int) -> None:
    has_end = sent.expiration > 0
    too_soon = has_end and sent.expiration < now + SHORTEST_LIFE
    if has_end != (sent.kind == "GTD") or too_soon:
        raise Refused(400, "invalid expiration")
    if sent.post_only and not sent.kind.rests:
        raise Refused(400, "invalid post-only order: only GTC and GTD orders can be post-only")


def _price(sent: Sent, money: int, shares: int, tick: int, order_id: str) -> int:
    """The limit on the grid. What takes may miss it by one step of what it asks for."""
    price = (money * MICROS + shares // 2) // shares
    nearest = (price + tick // 2) // tick * tick
    fits = money * MICROS == nearest * shares
    if not sent.kind.rests:
        _refuse_inaccurate_taker(sent)
        fits = _is_near(sent.side, money, shares, nearest, tick)
    if not fits or not tick <= nearest <= MICROS - tick:
        rule = f"Price ({text(price)}) breaks minimum tick size rule: {text(tick)}"
        raise Refused(400, f"order {order_id} is invalid. {rule}")
    return nearest


def _is_near(side: Side, money: int, shares: int, price: int, tick: int) -> bool:
    step = max(ASKED_STEP, AMOUNT_STEPS.get(tick, 1))
    if not price:
        return False
    if side is Side.BUY:
        return abs(money * MICROS - shares * price) < step * price
    return abs(shares * price - money * MICROS) < step * MICROS


def _refuse_inaccurate_rest(sent: Sent, money: int, shares: int, tick: int) -> None:
    if shares % CENT or money % AMOUNT_STEPS.get(tick, 1):
        side = "buy" if sent.side is Side.BUY else "sell"
        decimals = len(str(MICROS // AMOUNT_STEPS.get(tick, 1))) - 1
        given, asked = (decimals, 2) if sent.side is Side.BUY else (2, decimals)
        raise Refused(400, INACCURATE.format(kind="limit", side=side, given=given, asked=asked))


def _refuse_inaccurate_taker(sent: Sent) -> None:
    if sent.struct.maker_amount % CENT or sent.struct.taker_amount % ASKED_STEP:
        side = "buy" if sent.side is Side.BUY else "sell"
        raise Refused(400, INACCURATE.format(kind="market", side=side, given=2, asked=4))
