"""Heartbeats of API keys: once armed, silence cancels every order of the key."""

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from infrastructure.sandbox.exchange.accounts.agenda import Agenda


@dataclass(slots=True)
class Heartbeats:
    """`limit` in seconds: ten that are promised and up to five more."""

    agenda: Agenda
    silenced: Callable[[str], None]
    limit: float = 15.0
    armed: dict[str, str] = field(default_factory=dict)  # the id expected next, by API key
    _timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _beats: int = 0

    def beat(self, key_id: str, heartbeat_id: str) -> tuple[bool, str]:
        """Whether it was the expected one, and which id is expected next."""
        expected = self.armed.get(key_id)
        if expected is not None and heartbeat_id != expected:
            return False, expected
        if expected is None and heartbeat_id:
            return False, ""
        self._beats += 1
        digest = hashlib.sha256(f"{key_id}/{self._beats}".encode()).digest()
        self.armed[key_id] = str(uuid.UUID(bytes=digest[:16], version=4))
        self._rearm(key_id)
        return True, self.armed[key_id]

    def _rearm(self, key_id: str) -> None:
        timer = self._timers.pop(key_id, None)
        if timer is not None:
            self.agenda.drop(timer)
        self._timers[key_id] = self.agenda.after(self.limit, lambda: self._lost(key_id))

    def _lost(self, key_id: str) -> None:
        """The id stays the expected one, so that a session which comes back can go on."""
        self._timers.pop(key_id, None)
        self.silenced(key_id)
