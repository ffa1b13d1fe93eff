"""What is stored of an update: no secrets, nothing Postgres refuses, a name and an age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram import Bot, Update

from core.domain.secrets import SecretKind, pasted_secret
from telegram_bot.updates import LONGEST_KEPT, NO_CODE, NOT_STORED, incoming, is_about_money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = timedelta(hours=3)
ANN = {"id": 1001, "is_bot": False, "first_name": "Ann"}
CHAT = {"id": 1001, "type": "private"}
KEY = "0x" + "ab" * 32


def message(text: str, *, at: datetime = NOW, number: int = 1, **more: Any) -> Update:
    body = {"message_id": 7, "date": int(at.timestamp()), "chat": CHAT, "from": ANN, "text": text}
    return read({"update_id": number, "message": body | more})


def tap(*, shown: datetime, edited: datetime | None = None, query: str = "q1") -> Update:
    card = {"message_id": 8, "date": int(shown.timestamp()), "chat": CHAT, "text": "card"}
    if edited is not None:
        card["edit_date"] = int(edited.timestamp())
    query_body = {"id": query, "from": ANN, "chat_instance": "1", "data": "d", "message": card}
    return read({"update_id": 2, "callback_query": query_body})


def read(body: dict[str, Any]) -> Update:
    return Update.de_json(body, Bot("1:a"))


def test_a_stored_update_reads_back_as_it_was() -> None:
    update = message("will it rain?", number=5)
    stored = incoming(update, NOW, timedelta())
    assert (stored.update_id, stored.telegram_id, stored.kind) == (5, 1001, "message")
    again = read(dict(stored.body))
    assert again.to_dict() == update.to_dict()


@pytest.mark.parametrize(
    "text", [KEY, f"my key is {KEY}, keep it", "password: correct-horse-battery-staple-9"]
)
def test_a_pasted_secret_is_not_stored_and_its_place_still_looks_like_one(text: str) -> None:
    quoted = message(text).message
    assert quoted is not None
    for update in (message(text), message("hello", reply_to_message=quoted.to_dict())):
        body = str(incoming(update, NOW, timedelta()).body)
        assert text not in body
        assert NOT_STORED in body
    assert pasted_secret(NOT_STORED) is SecretKind.PRIVATE_KEY


@pytest.mark.parametrize("code", ["482913", " 482 913\n", "48 29 13", "4 8 2 9 1 3"])
def test_what_may_be_a_code_of_an_authenticator_is_not_stored(code: str) -> None:
    quoted = message(code).message
    assert quoted is not None
    for update in (message(code), message("hello", reply_to_message=quoted.to_dict())):
        body = str(incoming(update, NOW, timedelta()).body)
        assert code.strip() not in body
        assert repr(NO_CODE) in body


@pytest.mark.parametrize("words", ["48291", "4829130", "482.913", "$482913", "rain 482913"])
def test_other_numbers_are_stored_as_they_were_written(words: str) -> None:
    assert repr(words) in str(incoming(message(words), NOW, timedelta()).body)


def test_text_that_postgres_refuses_is_mended() -> None:
    body = incoming(message("a\0b\ud800c"), NOW, timedelta()).body
    assert "ab?c" in str(body)


@pytest.mark.parametrize(
    ("update", "silence", "age"),
    [
        (message("/home", at=NOW - LONG_AGO), LONGEST_KEPT, LONG_AGO),
        (message("/home", at=NOW - LONG_AGO), timedelta(seconds=3), timedelta(seconds=3)),
        (tap(shown=NOW - LONG_AGO), LONGEST_KEPT, LONG_AGO),
        (tap(shown=NOW - LONG_AGO), timedelta(seconds=3), timedelta(seconds=3)),
        (
            tap(shown=NOW - LONG_AGO, edited=NOW - timedelta(seconds=9)),
            LONGEST_KEPT,
            timedelta(seconds=9),
        ),
    ],
)
def test_an_update_is_as_old_as_it_can_be_at_most(
    update: Update, silence: timedelta, age: timedelta
) -> None:
    assert incoming(update, NOW, silence).sent_after == NOW - age


def test_the_same_number_of_another_bot_is_another_event() -> None:
    first = incoming(message("a"), NOW, timedelta()).event
    later = incoming(message("a", at=NOW + timedelta(seconds=1)), NOW, timedelta()).event
    taps = {incoming(tap(shown=NOW, query=name), NOW, timedelta()).event for name in ("q1", "q2")}
    assert len({first, later, *taps}) == 4


@pytest.mark.parametrize(
    "text", ["/buy 5", "Buy yes", "$25", "12.50", "50%", "yes", "max", "100 shares"]
)
def test_words_that_may_move_money_are_known(text: str) -> None:
    assert is_about_money(message(text))


@pytest.mark.parametrize(
    "text", ["/home", "/stop", "/cancel", "bitcoin 2026", "will it rain", "/halt"]
)
def test_other_words_are_answered_however_late(text: str) -> None:
    assert not is_about_money(message(text))


def test_every_tap_counts_as_money() -> None:
    assert is_about_money(tap(shown=NOW))
