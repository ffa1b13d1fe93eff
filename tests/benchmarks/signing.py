"""From an intent to the bytes on the wire: how long an order takes to build, sign and write."""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Final

from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.headers import ApiCredentials, l2_headers
from infrastructure.polymarket.signing.key import opened
from infrastructure.polymarket.signing.order import build_order
from infrastructure.polymarket.signing.signer import sign_order
from infrastructure.polymarket.signing.wallet import SignatureType
from infrastructure.security.secret_key import SecretKey
from tests.benchmarks.frames import ROOT
from tests.benchmarks.report import Figure, percentile
from tests.support.second_opinion import official_signature
from tests.support.signing import KNOWN_SECRET, TIMESTAMP, intent, known_key, terms, wallet

ORDERS: Final = 3000
STARTS: Final = 5
INTENT: Final = intent(
    terms(size="10"),
    wallet(SignatureType.DEPOSIT_WALLET, known_key().address, is_session=True),
)
OFTEN: Final = f"{ORDERS} orders of a deposit wallet by its session key, one at a time"
OURS: Final = (
    "import infrastructure.polymarket.signing.body, infrastructure.polymarket.signing.headers"
)


async def measure() -> list[Figure]:
    secret = SecretKey(KNOWN_SECRET)
    ours = _milliseconds(lambda number: _one_order(secret, number))
    theirs = _milliseconds(_one_of_theirs)
    return [
        Figure("signing p50", median(ours), "ms", f"key opened, built, signed, written; {OFTEN}"),
        Figure("signing p99", percentile(ours, 99), "ms", "the same", "<= 1"),
        Figure("signing official p50", median(theirs), "ms", "built and signed only"),
        Figure(
            "signing start", _start(OURS), "s", f"import, beyond Python's own; best of {STARTS}"
        ),
        Figure("signing official start", _start("import polymarket"), "s", "the same"),
    ]


def _one_order(secret: SecretKey, number: int) -> None:
    """All that stands between a committed intent and its request."""
    order = build_order(INTENT, salt=number, timestamp=TIMESTAMP)
    with opened(secret) as key:
        signed = sign_order(INTENT, order, key)
    credentials = ApiCredentials(INTENT.wallet.key, "id", "AAAA", "phrase")
    body = order_body(signed, credentials.key)
    l2_headers(credentials, TIMESTAMP // 1000, "POST", "/order", body)


def _one_of_theirs(number: int) -> None:
    official_signature(build_order(INTENT, salt=number, timestamp=TIMESTAMP))


def _milliseconds(act: Callable[[int], None]) -> list[float]:
    taken = list[float]()
    for number in range(1, ORDERS + 1):
        began = time.perf_counter()
        act(number)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _start(statement: str) -> float:
    """Seconds that an import adds to a new interpreter."""
    return max(0.0, min(_run(statement) for _ in range(STARTS)) - min(map(_run, ["pass"] * STARTS)))


def _run(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True, timeout=60)
    return time.perf_counter() - began
