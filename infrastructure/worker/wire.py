"""What goes through the pipes between us and the worker process: a length, then a pickle.

Pickles are only ever read from the process that we started, and by it from us.
"""

import pickle
import struct
from dataclasses import dataclass
from typing import Final

LENGTH: Final = struct.Struct(">I")
MOST_BYTES: Final = 32 * 1024 * 1024  # of one job or answer


@dataclass(frozen=True, slots=True)
class Job:
    """Call `function`, named as `package.module:name`, with `argument`, for so many seconds."""

    function: str
    argument: object
    seconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the call returned, or in `fault` why it did not; `memory` is the process's most."""

    result: object
    memory: int  # bytes
    fault: str = ""


def packed(message: Job | Answer) -> bytes:
    """Raises: ValueError for more than may be sent."""
    body = pickle.dumps(message)
    if len(body) > MOST_BYTES:
        raise ValueError(f"{len(body)} bytes are too many for one message")
    return LENGTH.pack(len(body)) + body


def length(head: bytes) -> int:
    """Of the body that follows. Raises: ValueError for more than is ever sent."""
    (size,) = LENGTH.unpack(head)
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes are too many for one message")
    return int(size)


def unpacked(body: bytes) -> object:
    return pickle.loads(body)  # noqa: S301 - see above
