"""What bad input must leave as it is: every row that is money."""

import sqlalchemy as sa

from core.storage.models import Sessions

EVERYTHING = """
SELECT 'order', id, status, filled_size FROM orders
UNION ALL SELECT 'fill', id, NULL, size FROM fills
UNION ALL SELECT 'position', id, status, amount FROM positions
UNION ALL SELECT 'button', 0, id, NULL FROM money_buttons
UNION ALL SELECT 'cash', user_id, account, cash FROM wallets
ORDER BY 1, 2, 3
"""


async def everything_traded(sessions: Sessions) -> list[tuple[object, ...]]:
    """As the owner of the database sees it."""
    async with sessions() as session:
        return [tuple(row) for row in (await session.execute(sa.text(EVERYTHING))).all()]
