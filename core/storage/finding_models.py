"""Tables by which markets are found: their words, every word there is, and watchlists."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import Base, Now


class MarketSearchRow(Base):
    """The words of one market, kept by a trigger on `markets`; narrow, so that it is fast."""

    __tablename__ = "market_search"
    __table_args__ = (
        sa.Index("ix_market_search_words", "words", postgresql_using="gin"),
        sa.Index("ix_market_search_to_learn", "market_id", postgresql_where="NOT is_learned"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    market_id: Mapped[str] = mapped_column(
        sa.ForeignKey("markets.id", ondelete="CASCADE"), primary_key=True
    )
    event_key: Mapped[str]
    """The event's id, or one of its own for a market that stands alone."""
    texts: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)
    is_open: Mapped[bool]
    weight: Mapped[int] = mapped_column(sa.SmallInteger)
    """Of the volume of 24 hours, in steps of half a power of ten."""
    is_learned: Mapped[bool] = mapped_column(server_default=sa.false())


class SearchWordRow(Base):
    """A word that some market has, or once had: what a mistyped one may have meant."""

    __tablename__ = "search_words"
    __table_args__ = (
        sa.Index(
            "ix_search_words_word",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    uses: Mapped[int] = mapped_column(sa.Integer)


class WatchRow(Base):
    __tablename__ = "user_watchlist"
    __table_args__ = (sa.Index("ix_user_watchlist_market_id", "market_id"),)

    user_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    market_id: Mapped[str] = mapped_column(
        sa.ForeignKey("markets.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[Now]
