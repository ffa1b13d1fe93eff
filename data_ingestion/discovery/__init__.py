"""The venue's catalogue on a schedule."""
