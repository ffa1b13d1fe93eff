"""What parts say of themselves is told in the reader's language, put together or whole."""

from collections.abc import Iterator

import pytest

from core.domain.health import PriceState
from core.domain.part_states import STATES
from data_ingestion.streamer.not_live import MEANINGS, REASONS
from infrastructure.worker.worker import WorkerState
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.screens.state_words import state_words
from telegram_bot.words import Reader, reading_as

FRENCH = Reader("fr")
TOLD = {
    "Database": "Base de données",
    "does not answer": "ne répond pas",
    "not connected, 0 of 6 tokens live; polling": (
        "non connecté, 0 jetons sur 6 en direct; relevés en cours"
    ),
    "2 connected, 1 not connected, trying again": "2 connecté, 1 non connecté, nouvel essai",
    "3 unclear, 2 on their way, 1 resting; 1 withdrawal unclear": (
        "3 incertains, 2 en route, 1 en attente; 1 retrait incertain"
    ),
    "halted by the owner; stopped by 2 users": (
        "arrêt décidé par le propriétaire; arrêté par 2 personnes"
    ),
    "died repeatedly, is being started again": "mort à répétition, redémarrage en cours",
    "1 of 6 not live: news came out of order (1)": (
        "1 sur 6 pas en direct\N{NO-BREAK SPACE}: des nouvelles sont arrivées dans le désordre (1)"
    ),
}


@pytest.fixture(autouse=True, scope="module")
def _installed() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


@pytest.mark.parametrize("state", TOLD)
def test_a_state_is_told_in_french(state: str) -> None:
    with reading_as(FRENCH):
        assert state_words(state) == TOLD[state]


def test_english_stays_as_it_is_and_so_does_what_nobody_knows() -> None:
    for state in (*TOLD, "<b>odd</b>, but 3 of them; more"):
        assert state_words(state).replace("&lt;", "<").replace("&gt;", ">") == state


def test_every_state_has_french_of_its_own() -> None:
    with reading_as(FRENCH):
        whole = [each for each in STATES if "{" not in each]
        assert [each for each in whole if state_words(each) == each] == []


def test_every_doubt_and_every_state_of_the_worker_is_told_in_french() -> None:
    doubts = (*REASONS.values(), *(words for state, words in MEANINGS.items() if state != "live"))
    states = (each.value for each in PriceState if each is not PriceState.LIVE)
    with reading_as(FRENCH):
        for each in (*doubts, *states, *(one.value for one in WorkerState)):
            assert state_words(each) != each
