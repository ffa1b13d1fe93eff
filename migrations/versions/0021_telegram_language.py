"""The language of somebody's Telegram, beside the one that they have chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_preferences", sa.Column("telegram_language", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("user_preferences", "telegram_language")
