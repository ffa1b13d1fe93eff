"""Adapters to the world: settings, database, venue, paper exchange, telemetry."""
