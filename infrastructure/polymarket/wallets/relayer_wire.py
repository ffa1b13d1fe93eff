"""The relayer's words, as they come."""

import re
from enum import StrEnum
from typing import Final

import msgspec

NONCE: Final = re.compile(r"batch nonce\s+(\d{1,18})\s+does not match on-chain nonce\s+(\d{1,18})")
BUSY: Final = re.compile(r"wallet busy.*active action|wallet has in-flight action")


class RelayerState(StrEnum):
    NEW = "STATE_NEW"
    EXECUTED = "STATE_EXECUTED"
    MINED = "STATE_MINED"
    CONFIRMED = "STATE_CONFIRMED"
    INVALID = "STATE_INVALID"
    FAILED = "STATE_FAILED"

    @property
    def has_failed(self) -> bool:
        return self in {RelayerState.INVALID, RelayerState.FAILED}


class Submitted(msgspec.Struct, frozen=True):
    """Older answers carry the hash too."""

    id: str = msgspec.field(name="transactionID")
    state: RelayerState = RelayerState.NEW
    hash: str | None = msgspec.field(name="transactionHash", default=None)


class Transaction(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="transaction_id")
    state: RelayerState
    hash: str | None = msgspec.field(name="transaction_hash", default=None)
    error: str | None = msgspec.field(name="error_msg", default=None)


class Turn(msgspec.Struct, frozen=True):
    """The number that the wallet's next batch must carry, as text or number."""

    nonce: str | int


class Deployed(msgspec.Struct, frozen=True):
    deployed: bool


class RelayerError(msgspec.Struct, frozen=True):
    error: str = ""
    message: str = ""


SUBMITTED: Final = msgspec.json.Decoder(Submitted)
TRANSACTION: Final = msgspec.json.Decoder(Transaction)
TURN: Final = msgspec.json.Decoder(Turn)
DEPLOYED: Final = msgspec.json.Decoder(Deployed)
ERROR: Final = msgspec.json.Decoder(RelayerError)
