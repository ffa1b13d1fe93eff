"""Which event is looked at first, and since when it has been waiting."""

from decimal import Decimal

from core.domain.market import Source
from core.domain.price import PriceState, Quote
from core.domain.units import EventId, Price, TokenId
from core.services.price_board import PriceBoard
from core.services.weather.agenda import Agenda, Due

LONDON, PARIS = EventId("1"), EventId("2")
COLD, WARM, NEAR = TokenId("11"), TokenId("12"), TokenId("21")


class Room:
    """A board whose time is told, and what was rung."""

    def __init__(self) -> None:
        self.now = 100.0
        self.board = PriceBoard(lambda: self.now)
        self.rung = 0
        self.agenda = Agenda(self.board, self.ring)
        self.board.listen(self.hear)
        self.agenda.watch({COLD: LONDON, WARM: LONDON, NEAR: PARIS})
        while self.agenda.take():
            pass

    def hear(self, token: TokenId) -> None:
        self.agenda.note(token)

    def ring(self) -> None:
        self.rung += 1

    def price(
        self, token: TokenId, received: float, price: str = "0.4", source: Source = Source.WS
    ) -> None:
        value = Price(Decimal(price))
        self.board.publish(Quote(token, value, value, value, None, source, received, None, None))


def test_a_new_price_counts_from_when_its_frame_was_received() -> None:
    room = Room()
    room.now = 100.5
    room.price(COLD, 100.2)
    assert room.rung == 1
    assert room.agenda.take() == Due(LONDON, 100.2, {COLD})
    assert room.agenda.take() is None


def test_a_new_state_of_a_price_that_is_old_counts_from_now() -> None:
    room = Room()
    room.price(COLD, 100.0)
    room.agenda.take()
    room.now = 400.0
    room.board.set_state(COLD, PriceState.SUSPECT)
    assert room.agenda.take() == Due(LONDON, 400.0, {COLD})


def test_a_polled_price_counts_from_its_answer_and_not_from_the_question() -> None:
    room = Room()
    room.now = 101.0
    room.price(COLD, 100.2, source=Source.POLL)
    assert room.agenda.take() == Due(LONDON, 101.0, {COLD})


def test_an_event_with_two_prices_is_looked_at_once_since_the_first() -> None:
    room = Room()
    room.now = 100.5
    room.price(COLD, 100.1)
    room.price(WARM, 100.4)
    assert room.agenda.take() == Due(LONDON, 100.1, {COLD, WARM})
    assert not room.agenda


def test_a_price_goes_before_what_is_only_outdated_and_covers_it() -> None:
    room = Room()
    room.agenda.outdate([LONDON, PARIS])
    room.now = 101.0
    room.price(NEAR, 100.9)
    assert len(room.agenda) == 2
    assert room.agenda.take() == Due(PARIS, 100.9, {NEAR})
    assert room.agenda.take() == Due(LONDON, 100.0, set())
    assert room.agenda.take() is None


def test_tokens_that_are_not_watched_ring_for_nobody() -> None:
    room = Room()
    room.price(TokenId("99"), 100.0)
    assert (room.rung, room.agenda.take()) == (0, None)


def test_another_list_of_events_has_all_of_them_looked_at_from_now_on() -> None:
    room = Room()
    room.price(COLD, 100.0)
    room.agenda.take()
    room.now = 200.0
    room.agenda.watch({COLD: LONDON})
    assert room.agenda.take() == Due(LONDON, 200.0, {COLD})
