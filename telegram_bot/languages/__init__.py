"""The languages of the chat but English, each by its gettext catalogue."""
