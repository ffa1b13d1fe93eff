"""Postgres: the engine, the embedded server, migrations."""
