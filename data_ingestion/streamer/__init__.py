"""The market-data stream: subscriptions, connection, books, writer."""
