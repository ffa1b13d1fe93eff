"""What a batch does to a wallet once it is mined: all of it, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from infrastructure.sandbox.exchange.accounts.accounts import Accounts
from infrastructure.sandbox.exchange.accounts.contracts import (
    ADAPTER,
    COLLATERAL,
    CONDITIONAL,
    NEG_RISK_ADAPTER,
)
from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.accounts.typed_data import keccak
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.relayer.batches import Step

BRIDGED: Final = "0x2791bca1f2de4661ed88a30c99a7a9449aa84174"  # USDC.e
ONRAMP: Final = "0x93070a847efef7f70739046a929d47a521f5b8ee"
WORD: Final = 32


class Reverted(Exception):
    """The chain takes nothing of the batch; its text says why."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Money that left a wallet for another address."""

    wallet: Wallet
    to: str
    amount: int  # millionths
    at: int  # milliseconds
    transaction: str


@dataclass(slots=True)
class Chain:
    """USDC.e by wallet, what was withdrawn, and how many batches each wallet has had."""

    exchange: ExchangeSandbox
    bridged: dict[str, int] = field(default_factory=dict)
    bridge_allowances: dict[tuple[str, str], int] = field(default_factory=dict)
    withdrawn: list[Withdrawn] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)

    def execute(self, wallet: Wallet, steps: list[Step], transaction: str) -> None:
        """Raises: Reverted; then nothing has changed."""
        undo = self._memory(wallet)
        try:
            for step in steps:
                self._call(wallet, step, transaction)
        except Reverted:
            undo()
            raise
        self.accounts.orders.drop_uncovered({wallet})

    @property
    def accounts(self) -> Accounts:
        return self.exchange.accounts

    def _memory(self, wallet: Wallet) -> Callable[[], None]:
        cash, shares = wallet.cash, dict(wallet.shares)
        allowances, operators = dict(wallet.allowances), dict(wallet.operators)
        redeemed, withdrawn = len(self.accounts.redeemed), len(self.withdrawn)
        bridged, allowed = dict(self.bridged), dict(self.bridge_allowances)

        def undo() -> None:
            wallet.cash, wallet.shares = cash, shares
            wallet.allowances, wallet.operators = allowances, operators
            del self.accounts.redeemed[redeemed:]
            del self.withdrawn[withdrawn:]
            self.bridged, self.bridge_allowances = bridged, allowed

        return undo

    def _call(self, wallet: Wallet, step: Step, transaction: str) -> None:
        words = _words(step.data[4:])
        match (step.data[:4], words):
            case (selector, [spender, amount]) if selector == APPROVE:
                self._approve(wallet, step.target, _address(spender), _number(amount))
            case (selector, [operator, is_on]) if selector == APPROVE_ALL:
                self._let_in(wallet, step.target, _address(operator), _number(is_on))
            case (selector, [to, amount]) if selector == TRANSFER:
                self._transfer(wallet, step.target, _address(to), _number(amount), transaction)
            case (selector, [asset, to, amount]) if selector == WRAP:
                self._wrap(wallet, step.target, (_address(asset), _address(to)), _number(amount))
            case (selector, [_, _, condition, *_]) if selector == REDEEM:
                self._redeem(wallet, step.target, "0x" + condition.hex())
            case _:
                raise Reverted("execution reverted")

    def _approve(self, wallet: Wallet, token: str, spender: str, amount: int) -> None:
        if token == BRIDGED:
            self.bridge_allowances[wallet.address.lower(), spender] = amount
        elif token == COLLATERAL.lower():
            for known in wallet.allowances:
                if known.lower() == spender:
                    wallet.allowances[known] = amount
        else:
            raise Reverted("execution reverted")

    def _let_in(self, wallet: Wallet, token: str, operator: str, is_on: int) -> None:
        for known_token, known in wallet.operators:
            if (known_token.lower(), known.lower()) == (token, operator):
                wallet.operators[known_token, known] = bool(is_on)

    def _transfer(self, wallet: Wallet, token: str, to: str, amount: int, transaction: str) -> None:
        if token != COLLATERAL.lower() or amount > wallet.cash:
            raise Reverted("ERC20: transfer amount exceeds balance")
        wallet.cash -= amount
        receiver = self.accounts.wallets.at(to)
        if receiver is not None:
            receiver.cash += amount
        at = self.exchange.now_ms()
        self.withdrawn.append(Withdrawn(wallet, to, amount, at, transaction))

    def _wrap(self, wallet: Wallet, ramp: str, way: tuple[str, str], amount: int) -> None:
        own = wallet.address.lower()
        if ramp != ONRAMP or way != (BRIDGED, own):
            raise Reverted("execution reverted")
        if amount > min(self.bridged.get(own, 0), self.bridge_allowances.get((own, ramp), 0)):
            raise Reverted("ERC20: transfer amount exceeds balance")
        self.bridged[own] -= amount
        wallet.cash += amount

    def _redeem(self, wallet: Wallet, adapter: str, condition: str) -> None:
        state = self.exchange.states.get(condition)
        if state is None or state.payouts is None:
            raise Reverted("result for condition not received yet")
        expected = NEG_RISK_ADAPTER if state.listed.neg_risk else ADAPTER
        if adapter != expected.lower():
            raise Reverted("execution reverted")
        if not wallet.operators[CONDITIONAL, expected]:
            raise Reverted("ERC1155: caller is not token owner or approved")
        self.accounts.redeem(wallet, state)


def _selector(signature: bytes) -> bytes:
    return keccak(signature)[:4]


APPROVE: Final = _selector(b"approve(address,uint256)")
APPROVE_ALL: Final = _selector(b"setApprovalForAll(address,bool)")
TRANSFER: Final = _selector(b"transfer(address,uint256)")
WRAP: Final = _selector(b"wrap(address,address,uint256)")
REDEEM: Final = _selector(b"redeemPositions(address,bytes32,bytes32,uint256[])")


def _words(arguments: bytes) -> list[bytes]:
    return [arguments[start : start + WORD] for start in range(0, len(arguments), WORD)]


def _address(argument: bytes) -> str:
    return "0x" + argument[-20:].hex()


def _number(argument: bytes) -> int:
    return int.from_bytes(argument, "big")
