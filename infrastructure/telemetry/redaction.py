"""No secret reaches a log line, whichever way it got into a record.

64 hexadecimal digits may be a private key or a harmless hash, and nothing tells them apart. So they
are removed everywhere, except in the fields that are named for a hash (`PUBLIC_HASHES`): log a
condition id as `extra={"condition_id": …}`.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Final
from urllib.parse import quote

HIDDEN: Final = "***"
PUBLIC_HASHES: Final = frozenset(
    {"condition_id", "market", "order_hash", "transaction_hash", "book_hash"}
)
SHORTEST = 6  # characters; a shorter "secret" is an ordinary word, and would blot out everything
BOT_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
DSN_PASSWORD = re.compile(r"(\w://[^\s/:@]*:)[^\s/]+(?=@)")
KEY = re.compile(r"(?<![0-9A-Fa-f])(?:0x)?[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")


class Redactor:
    """A structlog processor: the last one before the renderer."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spelt = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
        known = sorted((form for form in spelt if len(form) >= SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        return {self.text(name): self._value(name, value) for name, value in event.items()}

    def text(self, text: str, *, is_hash: bool = False) -> str:
        """`text` without secrets; hashes stay if it `is_hash`."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = DSN_PASSWORD.sub(rf"\1{HIDDEN}", BOT_TOKEN.sub(HIDDEN, text))
        return text if is_hash else KEY.sub(HIDDEN, text)

    def _value(self, name: str, value: object) -> object:
        match value:
            case None | bool() | float():
                return value
            case Mapping():
                return {
                    self.text(str(key)): self._value(str(key), inner)
                    for key, inner in value.items()
                }
            case bytes() | bytearray() | memoryview():
                return HIDDEN  # keys are bytes; a log needs none
            case list() | tuple() | set() | frozenset():
                return [self._value(name, inner) for inner in value]
            case int():
                hidden = self.text(str(value))
                return value if hidden == str(value) else hidden
            case _:
                return self.text(str(value), is_hash=name in PUBLIC_HASHES)
