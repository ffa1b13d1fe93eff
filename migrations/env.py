"""Alembic's entry: migrate with the application's connection, or one of our own."""

import asyncio
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

from core.storage.all_models import models
from infrastructure.config.settings import load_settings
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import create_engine


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_on_our_own() -> None:
    """The command line: on DATABASE_URL, or on the embedded server, which must not be running."""
    settings = load_settings(Path(__file__).parents[1], os.environ, {})
    if settings.database_url is not None:
        await connect_and_migrate(settings.database_url.get_secret_value())
        return
    async with EmbeddedPostgres(settings.data_dir) as server:
        await connect_and_migrate(server.url)


async def connect_and_migrate(url: str) -> None:
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    migrate(given)
else:
    asyncio.run(migrate_on_our_own())
