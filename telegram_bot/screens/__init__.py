"""Pure functions from a frozen view to text and buttons."""
