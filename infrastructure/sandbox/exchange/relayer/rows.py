"""Withdrawals as the public pages of an account show them."""

from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.decimals import number
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.relayer.chain import Chain, Withdrawn


def withdrawal_rows(chain: Chain, wallet: Wallet, user: str) -> list[Json]:
    return [_row(each, user) for each in chain.withdrawn if each.wallet is wallet]


def _row(each: Withdrawn, user: str) -> Json:
    empty = ("condition_id", "token_id", "side", "title", "slug", "icon", "event_slug", "outcome")
    return dict.fromkeys(empty, "") | {
        "proxy_wallet": user,
        "type": "WITHDRAWAL",
        "size": number(each.amount),
        "usdc_size": number(each.amount),
        "price": 0,
        "timestamp": each.at // 1000,
        "transaction_hash": each.transaction,
        "outcome_index": 999,
        "name": "",
        "pseudonym": "",
        "bio": "",
        "profile_image": "",
        "profile_image_optimized": "",
    }
