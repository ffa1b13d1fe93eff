"""How the CLOB refuses a request."""

from collections.abc import Mapping


class Refused(Exception):
    """A request that the CLOB answers with an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
