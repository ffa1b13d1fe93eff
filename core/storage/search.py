"""Markets by their words: full text over questions, outcomes and events, and words nearly right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import MarketId

RESEMBLANCE: Final = "0.19"  # of trigrams; two swapped letters in a word of five leave this much
CANDIDATES: Final = 300
LOOKED_AT: Final = 1_000  # markets with the words, the best ones; lists end there
LEARNED: Final = 2_000  # markets whose words are taken over in one statement

_TEXTS = sa.bindparam("texts", type_=ARRAY(sa.Text))
_PARTS = sa.bindparam("parts", type_=ARRAY(sa.Text))

_PLAIN = sa.text("""
    SELECT word FROM unnest(string_to_array(search_text(:written), ' '))
        WITH ORDINALITY AS told (word, place)
    WHERE numnode(to_tsquery('english', word)) > 0 ORDER BY place
""")
_FIND = sa.text(f"""
    WITH best AS (
        SELECT market_id, event_key, is_open, weight, words
        FROM market_search WHERE words @@ to_tsquery('english', :loosely)
        ORDER BY is_open DESC, weight DESC, market_id LIMIT {LOOKED_AT}
    ),
    ranked AS (
        SELECT market_id, event_key, is_open, weight,
            (words @@ to_tsquery('english', :exactly))::int AS rank
        FROM best
    ),
    counted AS (
        SELECT *,
            row_number() OVER (
                PARTITION BY CASE WHEN :by_event THEN event_key ELSE market_id END
                ORDER BY is_open DESC, rank DESC, weight DESC, market_id
            ) AS place,
            count(*) OVER (PARTITION BY event_key, is_open) AS matches
        FROM ranked
    )
    SELECT market_id, matches FROM counted WHERE place = 1
    ORDER BY is_open DESC, rank DESC, weight DESC, market_id
    LIMIT :limit OFFSET :offset
""")  # noqa: S608 - put together from the constants above
_UNKNOWN = sa.text("""
    SELECT word FROM unnest(:texts, :parts) AS told (word, part)
    WHERE NOT EXISTS (SELECT FROM market_search WHERE words @@ to_tsquery('english', part))
""").bindparams(_TEXTS, _PARTS)
_KNOWN = sa.text("SELECT word FROM search_words WHERE word = ANY(:texts)").bindparams(_TEXTS)
_RESEMBLING = sa.text("""
    SELECT word, uses FROM search_words WHERE word % :word
    ORDER BY similarity(word, :word) DESC, uses DESC LIMIT :limit
""")
_LENIENT = sa.text(f"SELECT set_config('pg_trgm.similarity_threshold', '{RESEMBLANCE}', true)")
_HAS_TRIGRAMS = sa.text("""
    SELECT to_regclass('ix_search_words_word') IS NOT NULL AND EXISTS (
        SELECT FROM pg_extension WHERE extname = 'pg_trgm'
    )
""")
_LEARN = sa.text("""
    WITH fresh AS (
        SELECT market_id FROM market_search WHERE NOT is_learned
        ORDER BY market_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ),
    told AS (
        UPDATE market_search SET is_learned = true FROM fresh
        WHERE market_search.market_id = fresh.market_id RETURNING texts
    ),
    added AS (
        INSERT INTO search_words AS known (word, uses)
        SELECT word, count(*) FROM told, regexp_split_to_table(texts, ' ') AS word
        WHERE length(word) BETWEEN 3 AND 40 AND word !~ '^[0-9]+$'
        GROUP BY word ORDER BY word
        ON CONFLICT (word) DO UPDATE SET uses = known.uses + excluded.uses
    )
    SELECT count(*) FROM told
""")


@dataclass(frozen=True, slots=True)
class Found:
    """A market, for all of its event that matches as well."""

    market_id: MarketId
    matches: int


async def plain_words(session: AsyncSession, written: str) -> list[str]:
    """As titles are searched: lower case, without accents and signs, without words like `the`."""
    return list(await session.scalars(_PLAIN, {"written": written}))


async def matching(
    session: AsyncSession,
    loosely: str,
    exactly: str,
    *,
    by_event: bool = True,
    limit: int,
    offset: int,
) -> list[Found]:
    """Events that fit the full-text query `loosely`, open ones first, then those of `exactly`.

    Each by one market; or every market by itself.
    """
    given = {
        "loosely": loosely,
        "exactly": exactly,
        "by_event": by_event,
        "limit": limit,
        "offset": offset,
    }
    rows = await session.execute(_FIND, given)
    return [Found(MarketId(market_id), matches) for market_id, matches in rows]


async def unknown_words(
    session: AsyncSession, words: Sequence[str], parts: Sequence[str]
) -> list[str]:
    """Those of `words` whose part of a full-text query fits no market."""
    given = {"texts": list(words), "parts": list(parts)}
    return list(await session.scalars(_UNKNOWN, given))


async def known_words(session: AsyncSession, words: Sequence[str]) -> frozenset[str]:
    """Those that some market has."""
    return frozenset(await session.scalars(_KNOWN, {"texts": list(words)}))


async def resembling(session: AsyncSession, word: str) -> list[tuple[str, int]]:
    """Words with some of the same letters in a row, and how often each occurs."""
    await session.execute(_LENIENT)
    rows = await session.execute(_RESEMBLING, {"word": word, "limit": CANDIDATES})
    return [(other, uses) for other, uses in rows]


async def has_trigrams(session: AsyncSession) -> bool:
    return bool(await session.scalar(_HAS_TRIGRAMS))


async def learn_words(session: AsyncSession, limit: int = LEARNED) -> int:
    """Take over the words of markets that are new or were reworded; of how many it was done."""
    return int(await session.scalar(_LEARN, {"limit": limit}) or 0)
