"""Limits, reservations, kill switches."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("reservations", "risk_limits", "risk_markets", "risk_accounts", "risk_totals")
ACCOUNTS = "account IN ('paper', 'live', 'weather-paper')"
TRIPS = "trip IN ('rejects', 'unknowns', 'mismatch', 'clock', 'database')"
STATUSES = (
    "status IN ('new', 'signed', 'live', 'matched', 'delayed', 'unknown', 'partial', 'filled',"
    " 'cancelled', 'expired', 'rejected')"
)


def upgrade() -> None:
    _create_risk_accounts()
    _create_risk_markets()
    _create_risk_totals()
    _create_risk_limits()
    _create_reservations()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _create_risk_accounts() -> None:
    op.execute(f"""
        CREATE TABLE risk_accounts (
            user_id bigint NOT NULL CONSTRAINT fk_risk_accounts_user_id REFERENCES users,
            account varchar(20) NOT NULL CONSTRAINT ck_risk_accounts_account CHECK ({ACCOUNTS}),
            open_orders integer NOT NULL DEFAULT 0
                CONSTRAINT ck_risk_accounts_open_orders_not_negative CHECK (open_orders >= 0),
            reserved numeric(26, 6) NOT NULL DEFAULT 0
                CONSTRAINT ck_risk_accounts_reserved_not_negative CHECK (reserved >= 0),
            day date NOT NULL DEFAULT '1970-01-01',
            day_value numeric(26, 6) NOT NULL DEFAULT 0
                CONSTRAINT ck_risk_accounts_day_value_not_negative CHECK (day_value >= 0),
            stop varchar(20) NOT NULL DEFAULT 'nothing' CONSTRAINT ck_risk_accounts_stop
                CHECK (stop IN ('nothing', 'entries', 'everything')),
            stopped_at timestamptz,
            trip varchar(20) CONSTRAINT ck_risk_accounts_trip CHECK ({TRIPS}),
            tripped_at timestamptz,
            incidents jsonb NOT NULL DEFAULT '[]',
            heartbeat_since timestamptz,
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_risk_accounts PRIMARY KEY (user_id, account)
        ) WITH (fillfactor = 40)
    """)


def _create_risk_markets() -> None:
    op.execute(f"""
        CREATE TABLE risk_markets (
            user_id bigint NOT NULL CONSTRAINT fk_risk_markets_user_id REFERENCES users,
            account varchar(20) NOT NULL CONSTRAINT ck_risk_markets_account CHECK ({ACCOUNTS}),
            market_id text NOT NULL CONSTRAINT fk_risk_markets_market_id REFERENCES markets,
            reserved numeric(26, 6) NOT NULL DEFAULT 0
                CONSTRAINT ck_risk_markets_reserved_not_negative CHECK (reserved >= 0),
            CONSTRAINT pk_risk_markets PRIMARY KEY (user_id, account, market_id)
        ) WITH (fillfactor = 40)
    """)


def _create_risk_totals() -> None:
    """With a row for each kind of account: claims change it, and never have to create it."""
    op.execute(f"""
        CREATE TABLE risk_totals (
            account varchar(20) NOT NULL CONSTRAINT ck_risk_totals_account CHECK ({ACCOUNTS}),
            day date NOT NULL DEFAULT '1970-01-01',
            day_value numeric(26, 6) NOT NULL DEFAULT 0
                CONSTRAINT ck_risk_totals_day_value_not_negative CHECK (day_value >= 0),
            halted_at timestamptz,
            trip varchar(20) CONSTRAINT ck_risk_totals_trip CHECK ({TRIPS}),
            tripped_at timestamptz,
            incidents jsonb NOT NULL DEFAULT '[]',
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_risk_totals PRIMARY KEY (account)
        ) WITH (fillfactor = 10)
    """)
    op.execute("INSERT INTO risk_totals (account) VALUES ('paper'), ('live'), ('weather-paper')")


def _create_risk_limits() -> None:
    op.execute("""
        CREATE TABLE risk_limits (
            user_id bigint NOT NULL CONSTRAINT fk_risk_limits_user_id REFERENCES users,
            kind varchar(20) NOT NULL CONSTRAINT ck_risk_limits_limitkind
                CHECK (kind IN ('per-order', 'per-market', 'per-day', 'open-orders')),
            value numeric(26, 6) NOT NULL
                CONSTRAINT ck_risk_limits_value_not_negative CHECK (value >= 0),
            next_value numeric(26, 6),
            next_at timestamptz,
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_risk_limits PRIMARY KEY (user_id, kind),
            CONSTRAINT ck_risk_limits_raise_has_time
                CHECK ((next_value IS NULL) = (next_at IS NULL))
        )
    """)


def _create_reservations() -> None:
    op.execute(f"""
        CREATE TABLE reservations (
            order_id bigint NOT NULL CONSTRAINT fk_reservations_order_id REFERENCES orders,
            user_id bigint NOT NULL CONSTRAINT fk_reservations_user_id REFERENCES users,
            account varchar(20) NOT NULL CONSTRAINT ck_reservations_account CHECK ({ACCOUNTS}),
            market_id text NOT NULL CONSTRAINT fk_reservations_market_id REFERENCES markets,
            token_id text NOT NULL,
            side varchar(20) NOT NULL CONSTRAINT ck_reservations_side
                CHECK (side IN ('BUY', 'SELL')),
            origin varchar(20) NOT NULL CONSTRAINT ck_reservations_origin
                CHECK (origin IN ('person', 'automation', 'protection', 'external')),
            rests boolean NOT NULL,
            status varchar(20) NOT NULL CONSTRAINT ck_reservations_orderstatus CHECK ({STATUSES}),
            is_open boolean NOT NULL,
            fee_share numeric(12, 8) NOT NULL DEFAULT 0,
            value numeric(26, 6) NOT NULL,
            cost numeric(26, 6) NOT NULL,
            shares numeric(26, 6) NOT NULL,
            day date NOT NULL,
            counted numeric(26, 6) NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_reservations PRIMARY KEY (order_id)
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE INDEX ix_reservations_open ON reservations (user_id, account) WHERE is_open")
    op.execute("CREATE INDEX ix_reservations_day ON reservations (day)")
