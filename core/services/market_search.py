"""Search, fast and forgiving: every word, else most of them as they may have been meant."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Market
from core.domain.search_words import ENOUGH, joined, leaving_out, loosely, nearest, pieces
from core.domain.views import PAGE, MarketPage, MarketRow
from core.storage import markets, search
from core.storage.models import Sessions

MAX_QUERY: Final = 4_096  # characters
MAX_WORDS: Final = 8
MAX_WORD: Final = 64  # characters
SHORTEST_JOINED: Final = 6  # characters of what may be two words

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How mistyped words were understood."""

    parts: tuple[str, ...]  # of a full-text query, one a word
    meant: tuple[str, ...]  # to be shown


class MarketSearch:
    """Over what the catalogue holds."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._has_trigrams: bool | None = None  # not looked yet

    async def words(self, text: str) -> list[str]:
        """The first words of `text` that tell anything, as they are searched for."""
        chosen = first_words(text)
        if not chosen:
            return []
        async with self._sessions() as session:
            return (await search.plain_words(session, " ".join(chosen)))[:MAX_WORDS]

    async def exact(self, words: Sequence[str], page: int = 0) -> MarketPage:
        """Events with every one of `words`, or words that begin with them; open ones first."""
        query = " & ".join(loosely(word) for word in words)
        async with self._sessions() as session:
            return await _page(session, query, " & ".join(words), page)

    async def single(self, words: Sequence[str]) -> tuple[Market, ...]:
        """The same, but markets and no events; one more than fits a page at most."""
        query = " & ".join(loosely(word) for word in words)
        async with self._sessions() as session:
            found = await search.matching(
                session, query, " & ".join(words), by_event=False, limit=PAGE + 1, offset=0
            )
            known = await markets.by_ids(session, [each.market_id for each in found])
        return tuple(known[each.market_id] for each in found if each.market_id in known)

    async def guessed(self, words: Sequence[str], page: int = 0) -> MarketPage:
        """Events with most of `words`, or of those that they may have been meant for."""
        async with self._sessions() as session:
            reading = await self._read(session, words)
            for missing in range(int(len(words) * (1 - ENOUGH)) + 1):
                query = leaving_out(reading.parts, missing)
                found = await _page(session, query, query, 0)
                if found.rows:
                    found = found if page == 0 else await _page(session, query, query, page)
                    return replace(found, meant=" ".join(reading.meant))
        return MarketPage((), page)

    async def _read(self, session: AsyncSession, words: Sequence[str]) -> _Reading:
        begun = [loosely(word) for word in words]
        unknown = await search.unknown_words(session, words, begun)
        splits = {word: pieces(word) for word in unknown if len(word) >= SHORTEST_JOINED}
        wanted = [half for ways in splits.values() for way in ways for half in way]
        known = await search.known_words(session, [*wanted, *joined(words)])
        parts, meant = list[str](), list[str]()
        for place, word in enumerate(words):
            others = [
                each for each in joined(words[max(place - 1, 0) : place + 2]) if each in known
            ]
            if word in unknown:
                both = [way for way in splits.get(word, ()) if known.issuperset(way)][:1]
                others += [f"({' & '.join(way)})" for way in both]
                others += [] if others else await self._nearest(session, word)
            parts.append(f"({' | '.join([loosely(word), *others])})")
            meant.append(others[0].strip("()").replace(" & ", " ") if others else word)
        return _Reading(tuple(parts), tuple(dict.fromkeys(meant)))

    async def _nearest(self, session: AsyncSession, word: str) -> list[str]:
        if self._has_trigrams is None:
            self._has_trigrams = await search.has_trigrams(session)
            if not self._has_trigrams:
                logger.warning("The database has no pg_trgm: searches forgive no typing errors")
        if not self._has_trigrams:
            return []
        return list(nearest(word, await search.resembling(session, word)))


def first_words(text: str) -> list[str]:
    """The first words, without what Postgres cannot store."""
    plain = text[:MAX_QUERY].replace("\x00", " ").encode("utf-8", "ignore").decode()
    return [word[:MAX_WORD] for word in plain.split()[:MAX_WORDS]]


async def _page(session: AsyncSession, query: str, exactly: str, page: int) -> MarketPage:
    found = await search.matching(session, query, exactly, limit=PAGE + 1, offset=page * PAGE)
    known = await markets.by_ids(session, [each.market_id for each in found])
    rows = [
        MarketRow(known[each.market_id].event, known[each.market_id], each.matches)
        for each in found[:PAGE]
        if each.market_id in known
    ]
    return MarketPage(tuple(rows), page, has_more=len(found) > PAGE)
