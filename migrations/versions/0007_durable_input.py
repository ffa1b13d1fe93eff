"""Updates stored before they are handled; the fencing epoch; the audit table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Volatile, so that the epoch is read after the lock was waited for. Whoever takes over holds the
# lock alone: a claim is either committed before that, or sees the new epoch. The number of the lock
# is "polyfenc" in letters; the other one is "polyaudt".
CURRENT_EPOCH = """
CREATE FUNCTION current_epoch() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT pg_advisory_xact_lock_shared(8101813523327577699);
    SELECT epoch FROM instance WHERE id = 1;
$$;
"""
# The place in the chain is the database's to give: whatever was said about it is overwritten.
CHAIN = """
CREATE FUNCTION audit_is_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest record;
BEGIN
    PERFORM pg_advisory_xact_lock(8101813523244737652);
    SELECT id, hash INTO newest FROM audit ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(newest.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(newest.hash, '');
    NEW.hash := encode(sha256(convert_to(jsonb_build_array(
        NEW.id, NEW.actor, NEW.user_id, NEW.what, NEW.details,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.previous
    )::text, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
"""
GUARD = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only: % refused', TG_OP;
END $$;
"""
CHAINED = """
CREATE TRIGGER audit_chained BEFORE INSERT ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_chained()
"""
APPEND_ONLY = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
"""
NOT_EMPTIED = """
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
"""
FUNCTIONS = ("current_epoch", "audit_is_chained", "audit_is_append_only")


def upgrade() -> None:
    op.create_table(
        "updates",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("sent_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "answered",
                "failed",
                "late",
                "given up",
                name="updateoutcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_updates")),
    )
    op.create_index(
        "ix_updates_waiting",
        "updates",
        ["update_id"],
        unique=False,
        postgresql_where="handled_at IS NULL",
    )
    op.create_index(op.f("ix_updates_received_at"), "updates", ["received_at"], unique=False)
    op.create_table(
        "instance",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_instance_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.execute("INSERT INTO instance (id, epoch) VALUES (1, 0)")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_previous")),
    )
    op.create_index("ix_audit_user_id", "audit", ["user_id"], unique=False)
    for statement in (CURRENT_EPOCH, CHAIN, GUARD, CHAINED, APPEND_ONLY, NOT_EMPTIED):
        op.execute(statement)


def downgrade() -> None:
    for table in ("audit", "instance", "updates"):
        op.drop_table(table)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
