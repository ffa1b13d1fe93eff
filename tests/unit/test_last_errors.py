"""The newest errors are remembered, one line each, without secrets."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from infrastructure.telemetry.last_errors import KEPT, LONGEST, last_errors
from infrastructure.telemetry.logs import configure_logging

SECRET = "correct horse battery"
logger = logging.getLogger("polycool.test")


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("INFO", "json", [SECRET], StringIO())
    yield
    root.handlers, root.level = handlers, level


def test_errors_alone_are_remembered_newest_first() -> None:
    logger.info("fine")
    logger.warning("odd")
    assert last_errors() == ()
    logger.error("first %s", "fault")
    logger.critical("second")
    assert [each.sentence for each in last_errors()] == ["second", "first fault"]
    assert last_errors()[0].part == "polycool.test"


def test_a_crash_is_one_line_with_its_kind_and_without_secrets() -> None:
    key = "0x" + "4f3c" * 16
    fault = ValueError(f"no such\n  thing: {SECRET} {key} postgresql://ann:hunter22@host/db")
    logger.error("a part crashed with %s", SECRET, exc_info=fault)
    (told,) = last_errors()
    assert told.sentence == (
        "a part crashed with ***: ValueError: no such thing: *** *** postgresql://ann:***@host/db"
    )


def test_no_more_than_so_many_and_none_longer_than_so_long() -> None:
    for number in range(KEPT + 5):
        logger.error("%s %s", number, "x" * 2000)
    assert len(last_errors()) == KEPT
    assert last_errors()[0].sentence.startswith(f"{KEPT + 4} x")
    assert {len(each.sentence) for each in last_errors()} == {LONGEST}
