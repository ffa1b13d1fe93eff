"""The product's feed against a hostile exchange, fault by fault, on stepped time."""

import pytest

from tests.support.hostile_faults import BOOK_FAULTS, CONNECTION_FAULTS
from tests.support.hostile_outages import REST_FAULTS
from tests.support.hostile_run import Fault, meet
from tests.support.stepped_loop import run_stepped


def named(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", CONNECTION_FAULTS, ids=named)
def test_what_happens_to_a_connection_is_noticed_and_repaired(database: str, fault: Fault) -> None:
    run_stepped(meet(fault, database))


@pytest.mark.parametrize("fault", BOOK_FAULTS, ids=named)
def test_what_happens_to_a_book_is_noticed_and_repaired(database: str, fault: Fault) -> None:
    run_stepped(meet(fault, database))


@pytest.mark.parametrize("fault", REST_FAULTS, ids=named)
def test_a_venue_that_is_down_altogether_is_called_down(database: str, fault: Fault) -> None:
    run_stepped(meet(fault, database))
