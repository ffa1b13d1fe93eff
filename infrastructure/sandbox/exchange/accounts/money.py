"""What a wallet holds, and what it allows the venue's contracts to take."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.contracts import OPERATORS, SPENDERS
from infrastructure.sandbox.exchange.accounts.signatures import DEPOSIT_WALLET

UNLIMITED: Final = 2**256 - 1
OPENING_CASH: Final = 1_000 * MICROS  # what an account opened by itself is given
FAR_FUTURE: Final = 1_893_456_000  # Unix seconds: the year 2030
FEE_STEP: Final = 10  # millionths: fees have 5 decimals


def value(price: int, size: int) -> int:
    """Money for shares, all in millionths, to the nearest; a half goes to the even one."""
    whole, rest = divmod(price * size, MICROS)
    half = MICROS // 2
    return whole + (rest > half or (rest == half and whole % 2 == 1))


def taker_fee(rate: float, price: int, size: int) -> int:
    """Millionths, in steps of ten: shares x rate x p x (1 - p).

    >>> taker_fee(0.04, 500_000, 100_000_000)
    1000000
    """
    parts = round(rate * MICROS)
    scaled = size * parts * price * (MICROS - price)
    unit = MICROS**3 * FEE_STEP
    whole, rest = divmod(scaled, unit)
    return FEE_STEP * (whole + (rest * 2 > unit or (rest * 2 == unit and whole % 2 == 1)))


@dataclass(slots=True, eq=False)
class Wallet:
    """Money in millionths. Whoever proves to be `owner`, or a session key of it, may trade."""

    address: str
    owner: str  # small letters
    signature_type: int
    cash: int = 0
    shares: dict[str, int] = field(default_factory=dict)  # by token
    allowances: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPENDERS, 0))
    operators: dict[tuple[str, str], bool] = field(
        default_factory=lambda: dict.fromkeys(OPERATORS, False)
    )
    sessions: dict[str, int] = field(default_factory=dict)  # key by its end in Unix seconds
    is_closed_only: bool = False
    is_banned: bool = False
    is_open_to_all: bool = False  # opened by itself: takes the first funder that comes

    def allow(self, amount: int) -> None:
        """Both money and shares, every contract; 0 takes it back."""
        self.allowances = dict.fromkeys(self.allowances, amount)
        self.operators = dict.fromkeys(self.operators, amount > 0)

    def may_move_shares(self, contract: str) -> bool:
        return any(ok for (_, operator), ok in self.operators.items() if operator == contract)

    def move(self, token: str, shares: int, cash: int) -> None:
        """A settlement, or with signs turned around its undoing."""
        self.cash += cash
        self.shares[token] = self.shares.get(token, 0) + shares

    def use_allowance(self, contract: str, amount: int) -> None:
        """A negative amount was not taken after all."""
        if self.allowances[contract] < UNLIMITED:
            self.allowances[contract] = max(self.allowances[contract] - amount, 0)

    def lets_sign(self, key: str, now: int) -> bool:
        """`now` in Unix seconds."""
        return key == self.owner or self.sessions.get(key, 0) > now


def _deposit_wallet(opened: Wallet, session: str) -> Wallet:
    """A stranger's deposit wallet with the money of `opened`, in which `session` may trade."""
    owner, address = (
        "0x" + hashlib.sha256(f"{what} {session}".encode()).hexdigest()[:40]
        for what in ("owner", "wallet")
    )
    wallet = Wallet(address, owner, DEPOSIT_WALLET, opened.cash, sessions={session: FAR_FUTURE})
    wallet.allow(UNLIMITED)
    opened.cash = 0
    return wallet


class Wallets:
    """Every wallet the exchange knows, by the address that holds the money."""

    def __init__(self, *, open_accounts: bool) -> None:
        self._by_address: dict[str, Wallet] = {}
        self._open_accounts = open_accounts

    def __iter__(self) -> Iterator[Wallet]:
        return iter(dict.fromkeys(self._by_address.values()))

    def at(self, address: str) -> Wallet | None:
        return self._by_address.get(address.lower())

    def add(self, wallet: Wallet) -> Wallet:
        self._by_address[wallet.address.lower()] = wallet
        return wallet

    def of_key(self, key: str, signature_type: int) -> Wallet | None:
        """What this key trades with as this type; a key without any is a stranger."""
        key = key.lower()
        mine = [each for each in self if key == each.owner or key in each.sessions]
        exact = [each for each in mine if each.signature_type == signature_type]
        return next(iter(exact or [each for each in mine if each.is_open_to_all]), None)

    def welcome(self, key: str) -> None:
        """A key was derived for the first time; where accounts open by themselves, it gets one."""
        known = any(key in {each.owner, *each.sessions} for each in self)
        if not self._open_accounts or known:
            return
        wallet = Wallet(key, key, 0, OPENING_CASH, is_open_to_all=True)
        wallet.allow(UNLIMITED)
        self.add(wallet)

    def with_sessions(self, key: str) -> Wallet | None:
        """The deposit wallet whose session keys `key` may see: its owner's, or its own.

        Where accounts open by themselves, somebody has made one and authorised the key already.
        """
        mine = (each for each in self if key == each.owner or key in each.sessions)
        found = next((each for each in mine if each.sessions), None)
        if found is not None or not self._open_accounts:
            return found
        opened = self.of_key(key, -1)
        return None if opened is None else self.add(_deposit_wallet(opened, key))

    def adopt(self, funder: str, key: str) -> Wallet | None:
        """The wallet at `funder`; an account that opened by itself takes an unknown one over."""
        wallet = self.at(funder)
        if wallet is None:
            found = self.of_key(key, -1)
            if found is not None and found.is_open_to_all:
                wallet = self._by_address[funder.lower()] = found
        return wallet
