"""The audit's age limit; what a halt takes off the books; whom the venue sells nothing to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Nothing younger than a month goes, whoever asks; and nothing without a note, further on in the
# chain, that says up to where it is forgotten.
GUARD = """
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' THEN
        IF OLD.at < now() - interval '30 days' AND EXISTS (
            SELECT FROM audit AS note
            WHERE note.what = 'audit forgotten' AND note.id > OLD.id
              AND (note.details ->> 'up_to')::bigint >= OLD.id
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit is append-only: % refused', TG_OP;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only: % refused', TG_OP;
END $$;
"""


def upgrade() -> None:
    op.create_index(
        "ix_audit_forgotten",
        "audit",
        ["id"],
        unique=False,
        postgresql_where="what = 'audit forgotten'",
    )
    op.execute(GUARD)
    op.add_column(
        "risk_totals",
        sa.Column("halt_cancels_all", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column(
        "risk_accounts", sa.Column("refusal", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("risk_accounts", "refusal")
    op.drop_column("risk_totals", "halt_cancels_all")
    op.execute(BEFORE)
    op.drop_index("ix_audit_forgotten", table_name="audit")
