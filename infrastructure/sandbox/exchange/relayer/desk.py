"""Takes what wallets submit, checks it, and carries it from state to state."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

import msgspec

from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.accounts.signatures import DEPOSIT_WALLET
from infrastructure.sandbox.exchange.accounts.typed_data import ADDRESS, recovered
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.relayer.batches import (
    FACTORY,
    Step,
    batch_digest,
    wallet_of,
)
from infrastructure.sandbox.exchange.relayer.chain import Chain, Reverted

NEW: Final = "STATE_NEW"
EXECUTED: Final = "STATE_EXECUTED"
MINED: Final = "STATE_MINED"
CONFIRMED: Final = "STATE_CONFIRMED"
INVALID: Final = "STATE_INVALID"
FAILED: Final = "STATE_FAILED"
FLYING: Final = frozenset({NEW, EXECUTED})
LONGEST_METADATA: Final = 500  # characters


class SentCall(msgspec.Struct, frozen=True):
    target: str
    value: str
    data: str


class WalletParams(msgspec.Struct, frozen=True, rename="camel"):
    deposit_wallet: str
    deadline: str
    calls: list[SentCall]


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    sender: str = msgspec.field(name="from")
    to: str
    metadata: str = ""
    nonce: str = ""
    signature: str = ""
    deposit_wallet_params: WalletParams | None = None


@dataclass(slots=True, eq=False)
class Submission:
    """What was taken, and how far it has come."""

    id: str
    kind: str
    owner: str
    address: str  # of the wallet
    nonce: int = 0
    deadline: int = 0
    steps: list[Step] = field(default_factory=list)
    state: str = NEW
    transaction: str = ""
    error: str = ""


@dataclass(slots=True)
class Mood:
    """How the relayer behaves. `delay`: seconds between two states."""

    delay: float = 0.2
    is_holding: bool = False
    failing: int = 0  # so many of the next ones fail on the chain
    busy: int = 0  # so many of the next ones are told that the wallet is


class RelayerDesk:
    def __init__(self, exchange: ExchangeSandbox) -> None:
        self.chain = Chain(exchange)
        self.mood = Mood()
        self.submissions: dict[str, Submission] = {}
        self._exchange = exchange

    def submit(self, envelope: Envelope) -> Submission:
        """Raises: Refused."""
        if not ADDRESS.fullmatch(envelope.sender) or envelope.to.lower() != FACTORY.lower():
            raise Refused(400, "invalid transaction request")
        if len(envelope.metadata) > LONGEST_METADATA:
            raise Refused(400, "metadata too long")
        match envelope.type:
            case "WALLET-CREATE":
                taken = self._creation(envelope)
            case "WALLET":
                taken = self._batch(envelope)
            case _:
                raise Refused(400, f"unsupported transaction type {envelope.type[:20]}")
        self.submissions[taken.id] = taken
        self._later(taken)
        return taken

    def turn(self, owner: str) -> int:
        wallet = self._exchange.accounts.wallets.of_key(owner, DEPOSIT_WALLET)
        return 0 if wallet is None else self.chain.turns.get(wallet.address.lower(), 0)

    def release(self) -> None:
        """Whatever was held goes on."""
        for each in self.submissions.values():
            if each.state == NEW:
                self._later(each)

    def _creation(self, envelope: Envelope) -> Submission:
        owner = envelope.sender.lower()
        address = wallet_of(owner)
        if self._exchange.accounts.wallets.at(address) is not None:
            raise Refused(400, "wallet already deployed")
        return self._taken("WALLET-CREATE", owner, address)

    def _batch(self, envelope: Envelope) -> Submission:
        sent, owner = envelope.deposit_wallet_params, envelope.sender.lower()
        if sent is None or not (envelope.nonce.isdigit() and sent.deadline.isdigit()):
            raise Refused(400, "invalid wallet batch")
        wallet = self._wallet(sent.deposit_wallet, owner)
        self._refuse_turn(wallet, int(envelope.nonce))
        steps = _steps(sent.calls)
        deadline = int(sent.deadline)
        if deadline <= self._seconds:
            raise Refused(400, "batch deadline has passed")
        digest = _digest(sent.deposit_wallet, int(envelope.nonce), deadline, steps)
        if recovered(digest, _bytes(envelope.signature)) != owner:
            raise Refused(400, "invalid wallet batch signature")
        taken = self._taken("WALLET", owner, wallet.address)
        taken.nonce, taken.deadline, taken.steps = int(envelope.nonce), deadline, steps
        return taken

    def _wallet(self, address: str, owner: str) -> Wallet:
        found = self._exchange.accounts.wallets.adopt(address, owner)
        is_one = found is not None and (
            found.signature_type == DEPOSIT_WALLET or found.is_open_to_all
        )
        if found is None or not is_one:
            raise Refused(400, "wallet is not deployed")
        if found.owner != owner:
            raise Refused(400, "wallet does not belong to the signer")
        return found

    def _refuse_turn(self, wallet: Wallet, nonce: int) -> None:
        if self.mood.busy > 0:
            self.mood.busy -= 1
            raise Refused(400, "wallet busy: another active action is being processed")
        address = wallet.address.lower()
        flying = [
            each
            for each in self.submissions.values()
            if each.address.lower() == address and each.state in FLYING
        ]
        if flying:
            raise Refused(400, "wallet has in-flight action")
        turn = self.chain.turns.get(address, 0)
        if nonce != turn:
            raise Refused(400, f"batch nonce {nonce} does not match on-chain nonce {turn}")

    def _taken(self, kind: str, owner: str, address: str) -> Submission:
        number = len(self.submissions)
        seed = hashlib.sha256(f"{number}/{owner}/{address}".encode()).hexdigest()
        name = "-".join((seed[:8], seed[8:12], "7" + seed[13:16], "8" + seed[17:20], seed[20:32]))
        return Submission(name, kind, owner, address, transaction="0x" + seed)

    def _later(self, submission: Submission) -> None:
        if not (self.mood.is_holding and submission.state == NEW):
            agenda = self._exchange.accounts.agenda
            agenda.after(self.mood.delay, lambda: self._advance(submission))

    def _advance(self, submission: Submission) -> None:
        match submission.state:
            case state if state == NEW and not self.mood.is_holding:
                submission.state = EXECUTED
            case state if state == EXECUTED:
                self._mine(submission)
            case state if state == MINED:
                submission.state = CONFIRMED
            case _:
                return
        if submission.state in {EXECUTED, MINED}:
            self._later(submission)

    def _mine(self, submission: Submission) -> None:
        if submission.deadline and submission.deadline <= self._seconds:
            submission.state, submission.error = INVALID, "batch deadline has passed"
            return
        try:
            self._execute(submission)
        except Reverted as error:
            submission.state, submission.error = FAILED, str(error)
            return
        submission.state = MINED

    def _execute(self, submission: Submission) -> None:
        """Raises: Reverted."""
        if self.mood.failing > 0:
            self.mood.failing -= 1
            raise Reverted("execution reverted")
        wallets = self._exchange.accounts.wallets
        wallet = wallets.at(submission.address)
        if submission.kind == "WALLET-CREATE":
            if wallet is None:
                wallets.add(Wallet(submission.address, submission.owner, DEPOSIT_WALLET))
            return
        if wallet is None:
            raise Reverted("wallet is not deployed")
        self.chain.execute(wallet, submission.steps, submission.transaction)
        turn = wallet.address.lower()
        self.chain.turns[turn] = self.chain.turns.get(turn, 0) + 1

    @property
    def _seconds(self) -> int:
        return self._exchange.now_ms() // 1000


def _steps(calls: list[SentCall]) -> list[Step]:
    """Raises: Refused."""
    if not calls or not all(ADDRESS.fullmatch(each.target) for each in calls):
        raise Refused(400, "invalid wallet batch")
    if not all(each.value.isdigit() for each in calls):
        raise Refused(400, "invalid wallet batch")
    return [Step(each.target.lower(), int(each.value), _bytes(each.data)) for each in calls]


def _digest(wallet: str, nonce: int, deadline: int, steps: list[Step]) -> bytes:
    try:
        return batch_digest(wallet, nonce, deadline, steps)
    except (ValueError, OverflowError) as error:
        raise Refused(400, "invalid wallet batch") from error


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise Refused(400, "invalid hexadecimal") from error
