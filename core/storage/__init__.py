"""SQLAlchemy models and queries; rows never leave this package."""
