"""Finding markets: a narrow table of their words kept by a trigger, and people's watchlists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What is searched, and what is searched for, both pass through here: lower case, no accents, no
# signs, "$100k" and "100,000" as the same number, "U.S." as "us".
SEARCH_TEXT = r"""
CREATE FUNCTION search_text(written text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    plain text := regexp_replace(normalize(lower(written), NFKD), '[\u0300-\u036f]', '', 'g');
BEGIN
    plain := regexp_replace(plain, '([a-z])[''\u2019]s\M', '\1', 'g');
    plain := regexp_replace(plain, '[''\u2019]', '', 'g');
    plain := regexp_replace(plain, '(\d),(?=\d{3}(\D|$))', '\1', 'g');
    plain := regexp_replace(plain, '\m([a-z])\.(?=[a-z]\M)', '\1', 'g');
    plain := regexp_replace(plain,
        '[^a-z0-9\u00a1-\U0010ffff]|[\u00a1-\u00bf\u2000-\u206f\u3000-\u303f]', ' ', 'g');
    plain := regexp_replace(plain, '\m(\d+)k\M', '\1000', 'g');
    plain := regexp_replace(plain, '\m(\d+)m\M', '\1000000', 'g');
    RETURN btrim(regexp_replace(plain, ' +', ' ', 'g'));
END $$
"""
# Volume in steps of half a power of ten: an order that hardly ever has to be written anew.
SEARCH_WEIGHT = """
CREATE FUNCTION search_weight(volume numeric) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT floor(2 * log(1 + greatest(volume, 0)))::smallint;
$$
"""
REMEMBER = """
CREATE FUNCTION remember_market_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text := search_text(concat_ws(' ', NEW.question, NEW.title, NEW.event_title,
        translate(NEW.outcomes::text, '[]",', '    ')));
BEGIN
    INSERT INTO market_search AS known
        (market_id, event_key, texts, words, is_open, weight, is_learned)
    VALUES (
        NEW.id,
        coalesce(NEW.event_id, 'alone:' || NEW.id),
        told,
        strip(to_tsvector('english', told)),
        NEW.accepts_orders AND NOT NEW.is_closed,
        search_weight(NEW.volume_24h),
        false
    )
    ON CONFLICT (market_id) DO UPDATE SET
        event_key = excluded.event_key,
        texts = excluded.texts,
        words = excluded.words,
        is_open = excluded.is_open,
        weight = excluded.weight,
        is_learned = known.is_learned AND known.texts = excluded.texts;
    RETURN NULL;
END $$
"""
# A listing tells every column of a market again, mostly as they were.
TRIGGERS = (
    """
    CREATE TRIGGER remember_words_of_new AFTER INSERT ON markets
    FOR EACH ROW EXECUTE FUNCTION remember_market_words()
    """,
    """
    CREATE TRIGGER remember_words AFTER UPDATE OF question, title, event_id, event_title,
        outcomes, accepts_orders, is_closed, volume_24h ON markets
    FOR EACH ROW WHEN (
        (OLD.question, OLD.title, OLD.event_id, OLD.event_title, OLD.outcomes,
         OLD.accepts_orders, OLD.is_closed, search_weight(OLD.volume_24h))
        IS DISTINCT FROM
        (NEW.question, NEW.title, NEW.event_id, NEW.event_title, NEW.outcomes,
         NEW.accepts_orders, NEW.is_closed, search_weight(NEW.volume_24h))
    )
    EXECUTE FUNCTION remember_market_words()
    """,
)
FILL = """
INSERT INTO market_search (market_id, event_key, texts, words, is_open, weight)
SELECT id, coalesce(event_id, 'alone:' || id), told, strip(to_tsvector('english', told)),
    accepts_orders AND NOT is_closed, search_weight(volume_24h)
FROM markets, LATERAL (SELECT search_text(concat_ws(' ', question, title, event_title,
    translate(outcomes::text, '[]",', '    '))) AS told) AS words
"""
# The extension comes with Postgres, but a server of somebody else's may refuse it: then searches
# forgive no typing errors, and everything else works.
TRIGRAMS = """
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_search_words_word ON search_words USING gin (word gin_trgm_ops);
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'no pg_trgm here, searches forgive no typing errors: %', SQLERRM;
END $$
"""


def upgrade() -> None:
    op.add_column("markets", sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_markets_listed_at",
        "markets",
        [sa.text("listed_at DESC NULLS LAST")],
        postgresql_where="NOT is_closed",
    )
    op.create_index("ix_markets_ends_at", "markets", ["ends_at"], postgresql_where="NOT is_closed")
    op.execute(SEARCH_TEXT)
    op.execute(SEARCH_WEIGHT)
    _create_search()
    op.execute(FILL)
    op.execute("CREATE INDEX ix_market_search_words ON market_search USING gin (words)")
    op.execute(REMEMBER)
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute(TRIGRAMS)
    _create_watchlist()


def downgrade() -> None:
    """The extension stays: somebody else may use it by now."""
    for trigger in ("remember_words", "remember_words_of_new"):
        op.execute(f"DROP TRIGGER {trigger} ON markets")
    op.execute("DROP FUNCTION remember_market_words()")
    for table in ("user_watchlist", "search_words", "market_search"):
        op.drop_table(table)
    op.execute("DROP FUNCTION search_weight(numeric)")
    op.execute("DROP FUNCTION search_text(text)")
    op.drop_index("ix_markets_ends_at", "markets")
    op.drop_index("ix_markets_listed_at", "markets")
    op.drop_column("markets", "listed_at")


def _create_search() -> None:
    op.create_table(
        "market_search",
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("is_learned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_market_search_market_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_market_search")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_market_search_to_learn",
        "market_search",
        ["market_id"],
        postgresql_where="NOT is_learned",
    )
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )


def _create_watchlist() -> None:
    op.create_table(
        "user_watchlist",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_watchlist_user_id")),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_user_watchlist_market_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "market_id", name=op.f("pk_user_watchlist")),
    )
    op.create_index("ix_user_watchlist_market_id", "user_watchlist", ["market_id"])
