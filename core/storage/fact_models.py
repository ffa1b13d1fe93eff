"""The table of what the database knows about itself."""

from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import Base


class FactRow(Base):
    """What the database knows about itself: its venue, the owner code's hash."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
