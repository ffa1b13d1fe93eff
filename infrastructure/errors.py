"""What keeps the program from starting: one line each, with the mend; exit code 2."""

from core.domain.errors import PolycoolError


class CannotStart(PolycoolError):
    """Its text is one line that names the variable, folder or port and says what to do."""


class SettingsError(CannotStart):
    """A variable of the environment or of `.env` has a value we cannot use."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(f"{variable}: {message}")
        self.variable = variable


class DatabaseUnavailable(CannotStart):
    """Postgres cannot be reached, entered or started."""


class SchemaTooNew(CannotStart):
    """A later release has migrated this database."""


class InstanceRunning(CannotStart):
    """Another process holds the same database."""

    def __init__(self, host: str, pid: int) -> None:
        super().__init__(
            f"another Polycool runs on this database (host {host}, pid {pid}); "
            "stop it, or give this one a DATA_DIR or DATABASE_URL of its own"
        )
        self.host = host
        self.pid = pid


class PortInUse(CannotStart):
    """The port of one of our servers is taken, or its address is none of this machine's."""

    def __init__(self, variable: str, address: str, reason: str) -> None:
        mend = (
            "an address of this machine, such as 127.0.0.1"
            if variable.endswith("_HOST")
            else "another port, or to 0 for any free one"
        )
        super().__init__(f"{variable}: cannot listen on {address} ({reason}); set it to {mend}")
        self.variable = variable
