"""Logs: structured, and never with a secret in them."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from infrastructure.telemetry.logs import configure_logging

TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
KEY = "0x" + "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"[:64]
CONDITION = "0x" + "bd31dc8a20211944f6b70f31557f1001557b59905b7738480ca09bd4532f84af"
PASSPHRASE = 'a "quoted" päss/phrase'

logger = logging.getLogger("polycool.test")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def as_json(stream: io.StringIO) -> io.StringIO:
    configure_logging("DEBUG", "json", [PASSPHRASE], stream)
    return stream


def line(stream: io.StringIO) -> dict[str, object]:
    found: dict[str, object] = json.loads(stream.getvalue())
    return found


def test_a_line_has_its_message_level_logger_utc_time_and_fields(as_json: io.StringIO) -> None:
    logger.info("Subscribed to %d markets", 3, extra={"market_count": 3, "connection_time": 0.25})
    written = line(as_json)
    assert written.pop("timestamp").__str__().endswith("Z")
    assert written == {
        "message": "Subscribed to 3 markets",
        "level": "info",
        "logger": "polycool.test",
        "market_count": 3,
        "connection_time": 0.25,
    }


def test_the_console_shows_message_and_fields_in_one_line(stream: io.StringIO) -> None:
    configure_logging("INFO", "console", [], stream)
    logger.info("WebSocket connected", extra={"market_count": 2})
    assert "WebSocket connected" in stream.getvalue()
    assert "market_count=2" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_a_level_silences_what_is_below_it(stream: io.StringIO) -> None:
    configure_logging("WARNING", "json", [], stream)
    logger.info("nothing")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "telegram.ext.Updater", "asyncio"])
def test_chatty_libraries_are_heard_from_warning_on(as_json: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("HTTP Request: POST")
    assert as_json.getvalue() == ""
    logging.getLogger(name).warning("trouble")
    assert line(as_json)["message"] == "trouble"


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        KEY,
        KEY.removeprefix("0x"),
        KEY.upper().replace("X", "x"),
        PASSPHRASE,
        "a%20%22quoted%22%20p%C3%A4ss%2Fphrase",
    ],
)
def test_a_secret_is_removed_wherever_it_is(stream: io.StringIO, fmt: str, secret: str) -> None:
    configure_logging("DEBUG", fmt, [PASSPHRASE], stream)
    try:
        int(f"no number {secret}")
    except ValueError:
        logger.exception("in the text " + secret, extra={f"name {secret}": 1})  # noqa: G003 - the case
    logger.info("as an argument %s %r", secret, {"inside": [secret]})
    fields = {"plain": secret, "nested": {"a": [secret, (secret,)]}, "object": ValueError(secret)}
    logger.info("as a field", extra=fields)
    logger.info("in a URL https://api.telegram.org/bot%s/getMe", secret, stack_info=True)
    assert secret not in stream.getvalue()
    assert json.dumps(secret)[1:-1] not in stream.getvalue()
    assert stream.getvalue().count("***") >= 8


@pytest.mark.parametrize("password", ["hunter2", "p@ss", "x:y", "%40%2F"])
def test_the_password_of_an_address_is_removed(as_json: io.StringIO, password: str) -> None:
    logger.info("connecting to postgresql+asyncpg://me:%s@db:5432/polycool", password)
    assert line(as_json)["message"] == "connecting to postgresql+asyncpg://me:***@db:5432/polycool"


def test_hashes_survive_in_the_fields_that_are_named_for_them(as_json: io.StringIO) -> None:
    logger.info("Subscribed", extra={"condition_id": CONDITION, "market": CONDITION, "other": KEY})
    written = line(as_json)
    assert (written["condition_id"], written["market"]) == (CONDITION, CONDITION)
    assert written["other"] == "***"


def test_a_token_or_secret_does_not_hide_behind_the_name_of_a_hash(as_json: io.StringIO) -> None:
    logger.info("x", extra={"condition_id": TOKEN, "market": PASSPHRASE})
    assert (line(as_json)["condition_id"], line(as_json)["market"]) == ("***", "***")


def test_token_ids_prices_and_ordinary_words_stay(as_json: io.StringIO) -> None:
    token_id = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
    logger.info("price %s of %s", "0.55", token_id, extra={"token_id": token_id, "ok": True})
    written = line(as_json)
    assert written["message"] == f"price 0.55 of {token_id}"
    assert (written["token_id"], written["ok"]) == (token_id, True)


def test_a_short_setting_does_not_blot_out_ordinary_words(stream: io.StringIO) -> None:
    configure_logging("INFO", "json", ["bot", ""], stream)
    logger.info("the bot starts")
    assert line(stream)["message"] == "the bot starts"


async def test_an_exception_nobody_awaited_is_logged_without_its_secret(
    as_json: io.StringIO,
) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "lost", "exception": ValueError(f"POST /bot{TOKEN}/sendMessage")}
    )
    assert TOKEN not in as_json.getvalue()
    assert "ValueError" in as_json.getvalue()
