"""Whether an order may be taken: whose it is, what its market does, what its wallet holds."""

from typing import Final

from core.domain.book import Side
from infrastructure.sandbox.exchange.accounts.contracts import V3, Settler, settler_of
from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.money import Wallet, taker_fee
from infrastructure.sandbox.exchange.accounts.order_wire import INVALID_PAYLOAD, Sent
from infrastructure.sandbox.exchange.accounts.records import AccountOrder, Terms
from infrastructure.sandbox.exchange.accounts.signatures import (
    DEPOSIT_WALLET,
    Signer,
    order_hash,
    signer_of,
)
from infrastructure.sandbox.exchange.listing import ListedMarket
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import TradedMarket

SHORT: Final = "not enough balance / allowance"
NOT_OWNER: Final = "the order owner has to be the owner of the API KEY"
NOT_SIGNER: Final = "the order signer address has to be the address of the API KEY"
NOT_READY: Final = "the market is not yet ready to process new orders"


def proven_hash(sent: Sent, key: ApiKey, listed: ListedMarket) -> tuple[str, Settler, Signer]:
    """The order's id, after its owner and signature were found to be right. Raises: Refused."""
    if sent.owner != key.id:
        raise Refused(400, NOT_OWNER)
    settler = settler_of(sent.struct.token, neg_risk=listed.neg_risk)
    try:
        order_id = order_hash(sent.struct, settler)
        signer = signer_of(sent.struct, settler, sent.signature)
    except (ValueError, OverflowError) as error:
        raise Refused(400, INVALID_PAYLOAD) from error
    _refuse_foreign_signer(sent, key)
    if signer is None or signer.address != key.address:
        raise Refused(400, _why_unsigned(sent, key, settler))
    return order_id, settler, signer


def _refuse_foreign_signer(sent: Sent, key: ApiKey) -> None:
    """A deposit wallet signs in its own name, everybody else in that of the key."""
    struct = sent.struct
    if struct.signature_type == DEPOSIT_WALLET:
        if struct.signer.lower() != struct.maker.lower():
            raise Refused(400, INVALID_PAYLOAD)
    elif struct.signer.lower() != key.address:
        raise Refused(400, NOT_SIGNER)
    if struct.signature_type == 0 and struct.maker.lower() != struct.signer.lower():
        raise Refused(400, INVALID_PAYLOAD)


def _why_unsigned(sent: Sent, key: ApiKey, settler: Settler) -> str:
    """Signed for another version of the protocol has an answer of its own."""
    others = [Settler(settler.contract, version) for version in ("1", "2", "3")]
    others += [Settler(V3, "3"), *(settler_of(1 << 41, neg_risk=each) for each in (True, False))]
    for other in others:
        signer = signer_of(sent.struct, other, sent.signature)
        is_key = signer is not None and signer.address == key.address
        if is_key and other.version != settler.version:
            return "order_version_mismatch"
    return "invalid signature"


def trusted_wallet(wallet: Wallet | None, sent: Sent, signer: Signer, now: int) -> Wallet:
    """The wallet that pays, if this key may sign for it. `now` in Unix seconds. Raises: Refused."""
    if wallet is None:
        raise Refused(400, SHORT)
    is_right_type = wallet.is_open_to_all or wallet.signature_type == sent.struct.signature_type
    if not is_right_type or not wallet.lets_sign(signer.address, now):
        raise Refused(400, "invalid signature")
    if signer.is_session != (signer.address != wallet.owner) and not wallet.is_open_to_all:
        raise Refused(400, "invalid signature")
    if wallet.is_banned:
        raise Refused(400, f"'{wallet.address}' address banned")
    if wallet.is_closed_only and sent.side is Side.BUY:
        raise Refused(400, f"'{wallet.address}' address in closed only mode")
    return wallet


def refuse_shut_market(state: MarketState, token: str) -> None:
    """Raises: Refused."""
    if state.is_closed or state.payouts is not None:
        raise Refused(400, f"the orderbook {token} does not exist")
    if not state.accepts_orders:
        raise Refused(400, NOT_READY)


def crosses(traded: TradedMarket, outcome: int, terms: Terms) -> bool:
    """Whether somebody in the book would meet it."""
    offers = traded.offers(outcome, terms.side)
    if not offers:
        return False
    best = offers[0][0]
    return best <= terms.price if terms.side is Side.BUY else best >= terms.price


def refuse_uncovered(order: AccountOrder, others: list[AccountOrder], *, takes: bool) -> None:
    """`others`: open orders of the same wallet and side in the same market. Raises: Refused."""
    wallet, terms = order.wallet, order.terms
    held = sum(each.held for each in others)
    if terms.side is Side.BUY:
        have, need = wallet.cash, terms.money + (_dearest_fee(order) if takes else 0)
        allowed = wallet.allowances[order.contract]
    else:
        have, need = wallet.shares.get(order.token, 0), terms.size
        allowed = have if wallet.may_move_shares(order.contract) else 0
    if allowed < need:
        raise Refused(400, f"{SHORT}: the allowance is not enough -> allowance: {allowed}")
    if have - held < need:
        sums = f"balance: {have}, sum of active orders: {held}, order amount: {need}"
        raise Refused(400, f"{SHORT}: the balance is not enough -> {sums}")


def _dearest_fee(order: AccountOrder) -> int:
    fees = order.state.listed.fees
    return taker_fee(fees.rate, order.terms.price, order.terms.size) if fees else 0
