"""One-time codes of an authenticator app, and how long a guesser has to wait."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = 30  # seconds
DIGITS: Final = 6
DRIFT: Final = 1  # steps before and after now that still count
SECRET_BYTES: Final = 20
FREE_TRIES: Final = 5
FIRST_LOCK: Final = timedelta(minutes=1)
LONGEST_LOCK: Final = timedelta(hours=24)


def one_time_code(secret: bytes | memoryview, step: int, digits: int = DIGITS) -> str:
    """The code of the `step`th half minute since 1970. Source: RFC 6238 over RFC 4226, SHA-1."""
    mac = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def matching_step(secret: bytes | memoryview, code: str, now: datetime) -> int | None:
    """The step whose code this is, of those around `now`; None if it is none of them.

    Every one is compared, in a time that tells nothing.
    """
    given = code.strip().replace(" ", "").encode()
    middle = int(now.timestamp()) // STEP
    found = None
    for step in range(middle - DRIFT, middle + DRIFT + 1):
        if hmac.compare_digest(one_time_code(secret, step).encode(), given):
            found = step
    return found


def enrolment_link(secret: bytes | memoryview, account: str, issuer: str = "Polycool") -> str:
    """What an authenticator app reads. It holds the secret: for a terminal, never for a chat.

    Source: Key Uri Format of Google Authenticator.
    """
    query = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": issuer}
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{urlencode(query)}"


def lock_after(failures: int) -> timedelta:
    """How long no code is taken after so many wrong ones in a row.

    >>> [str(lock_after(count)) for count in (4, 5, 6, 30)]
    ['0:00:00', '0:01:00', '0:02:00', '1 day, 0:00:00']
    """
    if failures < FREE_TRIES:
        return timedelta()
    doublings = min(failures - FREE_TRIES, 20)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)
