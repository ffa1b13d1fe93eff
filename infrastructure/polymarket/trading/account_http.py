"""Signed requests to the venue: deeds are sent once, questions may be repeated."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from infrastructure.polymarket.http import ATTEMPTS, BACKOFF, MAX_RETRY_AFTER, Params, decoded
from infrastructure.polymarket.signing.wallet import Wallet
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.account_keys import AccountKeys
from infrastructure.polymarket.trading.buckets import Bucket, Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.refusals import CREDENTIALS
from infrastructure.polymarket.trading.transport import Reply, Transport

Headers = Callable[[], Awaitable[Mapping[str, str]]]
Proof = TypeVar("Proof")


class AccountHttp:
    """The CLOB's host, in the name of its users."""

    def __init__(
        self,
        transport: Transport,
        *,
        keys: AccountKeys,
        clock: VenueClock,
        buckets: Buckets,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.keys = keys
        self.clock = clock
        self.buckets = buckets
        self._transport = transport
        self._sleep = sleep
        self._chance = chance

    async def act(
        self, user: UserId, method: str, path: str, body: bytes, *, bucket: Bucket, cost: int = 1
    ) -> Reply:
        """Sent once, never again from here: whoever asked decides what the reply proves.

        Raises: Rejected (no key to prove it with), Unavailable if not a byte of it has left,
        OutcomeUnknown if some may have.
        """
        await bucket.take(cost)
        headers = await self.keys.l2_headers(user, method, path, body)
        reply = await self._transport.send(method, path, headers, body=body)
        self._learn(user, bucket, reply)
        return reply

    async def read(
        self, user: UserId, path: str, params: Params = (), *, bucket: Bucket | None = None
    ) -> Reply:
        """A question: its good answer, or a 404. Raises: Unavailable."""
        chosen = bucket or self.buckets.ledger

        async def signed() -> Mapping[str, str]:
            await chosen.take()
            return await _for_a_question(self.keys.l2_headers(user, "GET", path))

        return await self._asked(path, params, signed)

    async def api_key(self, user: UserId) -> str:
        """For a question, where even a missing key is only "not now". Raises: Unavailable."""
        return await _for_a_question(self.keys.api_key(user))

    async def wallet(self, user: UserId) -> Wallet:
        """The same. Raises: Unavailable."""
        return await _for_a_question(self.keys.wallet(user))

    async def introduce(self, user: UserId, method: str, path: str, nonce: int) -> Reply:
        """Proven by the wallet's key itself, for API credentials; sent once.

        Raises: Rejected, Unavailable, OutcomeUnknown.
        """
        headers = await self.keys.l1_headers(user, nonce)
        return await self._transport.send(method, path, headers)

    async def compare_clocks(self) -> float:
        """Seconds that the venue is ahead, once it was asked. Raises: Unavailable."""
        sent = self.clock.local()
        reply = await self._asked("/time", (), _nothing)
        seconds = float(decoded(wire.SECONDS, reply.body))
        self.clock.tell_apart(seconds, reply.headers.get("Date", ""))
        self.clock.observe(seconds, sent, self.clock.local())
        return self.clock.skew

    async def _asked(self, path: str, params: Params, headers: Headers) -> Reply:
        try:
            async with asyncio.timeout(self._transport.deadline):
                return await self._attempts(path, params, headers)
        except TimeoutError as error:
            raise Unavailable("The venue takes too long to answer.") from error

    async def _attempts(self, path: str, params: Params, headers: Headers) -> Reply:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._attempt(path, params, headers)
            except _Again as again:
                await self._sleep(self._pause(attempt, again))
        try:
            return await self._attempt(path, params, headers)
        except _Again as again:
            raise Unavailable(str(again), again.after) from again

    async def _attempt(self, path: str, params: Params, headers: Headers) -> Reply:
        proof = await headers()
        try:
            reply = await self._transport.send("GET", path, proof, params=params)
        except (OutcomeUnknown, Unavailable) as error:
            raise _Again(mark("The venue cannot be reached right now.")) from error
        return _answered(reply)

    def _pause(self, attempt: int, again: "_Again") -> float:
        """Seconds. Raises: Unavailable if the venue asks for more patience than we have."""
        if again.after > MAX_RETRY_AFTER:
            raise Unavailable(str(again), again.after) from again
        backoff: float = BACKOFF * 2 ** (attempt - 1)
        return max(again.after, backoff / 2 + backoff / 2 * self._chance())

    def _learn(self, user: UserId, bucket: Bucket, reply: Reply) -> None:
        self.buckets.learn(user, bucket, reply.headers, self.clock.unix())
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            bucket.close(reply.retry_after)


class _Again(Exception):
    """Worth another attempt, after so many seconds at least."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.after = after


def _answered(reply: Reply) -> Reply:
    """Raises: _Again, Unavailable. Refused credentials are not tried a second time."""
    if reply.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        return reply
    if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Unavailable(CREDENTIALS)
    sentence = worded("The venue refuses to answer right now (HTTP {status}).", status=reply.status)
    if reply.is_passing or reply.is_server_error:
        raise _Again(sentence, reply.retry_after)
    raise Unavailable(sentence)


async def _for_a_question(proof: Awaitable[Proof]) -> Proof:
    """A report that cannot be asked for is none. Raises: Unavailable."""
    try:
        return await proof
    except Rejected as error:
        raise Unavailable(str(error)) from error


async def _nothing() -> Mapping[str, str]:
    return {}
