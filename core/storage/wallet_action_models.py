"""The table of wallet actions: each is written down before it leaves."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.wallet_action import ActionKind, ActionState
from core.storage.models import Base, Id, Now, UserKey


class WalletActionRow(Base):
    """`body` carries a signature that is good for one turn of the wallet, until `deadline`."""

    __tablename__ = "wallet_actions"
    __table_args__ = (
        sa.Index(
            "uq_wallet_actions_under_way",
            "wallet",
            unique=True,
            postgresql_where="state IN ('committed', 'accepted')",
        ),
        sa.Index(
            "uq_wallet_actions_withdrawal",
            "user_id",
            "subject",
            unique=True,
            postgresql_where="kind = 'withdraw'",
        ),
        sa.Index("ix_wallet_actions_user_id_kind_subject", "user_id", "kind", "subject"),
        sa.CheckConstraint(
            "kind = 'create' OR (nonce IS NOT NULL AND deadline IS NOT NULL)", name="is_bounded"
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    kind: Mapped[ActionKind]
    subject: Mapped[str] = mapped_column(server_default="")
    state: Mapped[ActionState]
    wallet: Mapped[str]
    owner: Mapped[str]
    nonce: Mapped[int | None] = mapped_column(sa.BigInteger)
    deadline: Mapped[datetime | None]
    body: Mapped[bytes]
    transaction_id: Mapped[str] = mapped_column(server_default="")
    transaction: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
