"""Whether the chat tells the truth about an order, as its reader would understand it."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final

import msgspec

from core.domain.notice import NEWS, NoticeKind
from telegram_bot.notices import screen_of
from tests.crash.seen import Row, Seen
from tests.support.person import Message

UNTRADED: Final = re.compile(r"[Nn]othing (?:was|has been) (?:bought|sold)")
UNDONE: Final = re.compile(r"[Nn]othing (?:was|has been) (?:done|ordered|sent|placed)")
DID: Final = re.compile(
    r"\b(?:bought|sold|filled|matched|part(?:ly|ial)|rest(?:s|ing)|on the book|worth)\b",
    re.IGNORECASE,
)
DID_NOT: Final = re.compile(r"\bnothing\b|too late|was not|\bnot (?:sent|placed)", re.IGNORECASE)
CLAIM: Final = re.compile(r"\bto claim\b|on its way to the chain|chain did not take")
"""About a result, where nothing was bought or sold indeed."""
TAG: Final = re.compile(r"<[^>]+>")


def untruths(seen: Seen, told: Sequence[Message], confirmed: int) -> list[str]:
    """`told`: what the bot said after the first tap on a money button, as it stands now."""
    if not confirmed:
        return []
    return [*_lies(seen, told, confirmed), *_silences(seen, told, confirmed)]


def unsaid(seen: Seen, said: Sequence[Message]) -> Iterator[str]:
    """Notices that are marked as sent, and stand nowhere in the chat."""
    texts = [message.text for message in said]
    for notice in seen.told:
        words = _words(notice)
        if not any(words in text for text in texts):
            yield f"notice {notice['key']} was never said: {words!r}"


def _words(notice: Row) -> str:
    news = msgspec.json.decode(notice["payload"], type=NEWS[NoticeKind(notice["kind"])])
    return unescape(TAG.sub("", screen_of(news).text)).strip()


def _lies(seen: Seen, told: Sequence[Message], confirmed: int) -> Iterator[str]:
    if len(seen.accepted) < confirmed:
        return  # some words may be about the one that came to nothing
    has_traded = all(order["filled_size"] or order["failed_size"] for order in seen.accepted)
    for message in told:
        if CLAIM.search(message.text):
            continue
        if found := UNDONE.search(message.text) or (has_traded and UNTRADED.search(message.text)):
            yield f"the chat says {found.group()!r}, and it is not so: {message.text!r}"


def _silences(seen: Seen, told: Sequence[Message], confirmed: int) -> Iterator[str]:
    words = "\n".join(message.text for message in told)
    if any(
        order["filled_size"] or order["failed_size"] for order in seen.accepted
    ) and not DID.search(words):
        yield f"something was traded, and the chat is silent: {words!r}"
    if len(seen.accepted) < confirmed and not DID_NOT.search(words):
        yield f"a tap came to nothing, and the chat is silent: {words!r}"
