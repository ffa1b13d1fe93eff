"""Nothing of a key reaches a log, whichever way the key got into a record."""

import base64
import io
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest
import structlog

from core.domain.units import UserId
from infrastructure.security.envelope import DataKey, new_data_key, seal_secret, unlocked
from infrastructure.security.errors import SecretUnavailable
from infrastructure.security.key_cipher import NumberedKey, Place, Purpose, numbered
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.secret_key import SecretKey
from infrastructure.telemetry.logs import configure_logging

SECRET = b"canary-of-the-secret-itself-0001"
KEK = b"canary-of-the-kek-of-the-ring-01"
CANARIES = [
    form
    for secret in (SECRET, KEK)
    for form in (
        secret.decode(),
        secret.hex(),
        secret.hex(" "),
        base64.b64encode(secret).decode(),
        base64.urlsafe_b64encode(secret).decode().rstrip("="),
        str(list(secret))[1:-1],
        str(int.from_bytes(secret, "big")),
    )
]
USER = UserId(7)
PLACE = Place(USER, "wallet_secrets:1", Purpose.SESSION_KEY)

logger = logging.getLogger("polycool.test")


@dataclass(frozen=True, slots=True)
class Signer:
    key: SecretKey
    ring: KeyRing
    sealing: NumberedKey
    others: dict[str, list[SecretKey]] = field(default_factory=dict)


@pytest.fixture(params=["json", "console"])
def stream(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged. The redactor is told no secret: the objects have to keep theirs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("DEBUG", request.param, [], written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level


@pytest.fixture
def signer() -> Signer:
    key, sealing = SecretKey(SECRET), numbered(1, SecretKey(KEK))
    return Signer(key, KeyRing([sealing]), sealing, {"all": [key]})


def assert_nothing_of_a_key_in(text: str) -> None:
    found = [number for number, canary in enumerate(CANARIES) if canary.lower() in text.lower()]
    assert not found, f"forms {found} were found"  # their numbers: no test prints a key either


def test_the_canaries_would_be_found(stream: io.StringIO) -> None:
    logger.info("%s", SECRET.decode())
    with pytest.raises(AssertionError, match="forms"):
        assert_nothing_of_a_key_in(stream.getvalue())


@pytest.mark.parametrize(
    "write",
    [
        lambda it: logger.info("%s %r %a", it.key, it.key, it.key),
        lambda it: logger.info("%s %r", it, {"signer": it}),
        lambda it: logger.info({"message": it}),
        lambda it: logger.info("fields", extra={"key": it.key, "signer": it, "ring": it.ring}),
        lambda it: logger.info("nested", extra={"a": {"b": [it.key, (it.sealing,), {1: it}]}}),
        lambda it: logger.info("named", extra={"market": it.key, "order_hash": it.key}),
        lambda it: logger.info("named by it", extra={f"{it.key}": f"{it.key:>80}"}),
        lambda it: logger.info("stack", stack_info=True, extra={"key": it.key}),
        lambda it: logger.error("error", exc_info=ValueError(it.key, it)),
    ],
)
def test_keys_in_records_are_hidden(
    stream: io.StringIO, signer: Signer, write: Callable[[Signer], None]
) -> None:
    write(signer)
    assert stream.getvalue()
    assert_nothing_of_a_key_in(stream.getvalue())


def test_an_open_key_shows_no_bytes_either(stream: io.StringIO, signer: Signer) -> None:
    with signer.key.opened() as material:
        logger.info("%s %r", material, [material[:8]], extra={"material": material})
    assert "memory" in stream.getvalue()
    assert_nothing_of_a_key_in(stream.getvalue())


def failures(signer: Signer) -> list[Callable[[], object]]:
    """Everything that can go wrong with a key in hand."""
    data_key = new_data_key(signer.ring, USER)
    record = seal_secret(signer.ring, data_key, signer.key, PLACE)
    other = KeyRing([numbered(1, SecretKey(b"another key, of thirty-two bytes"))])
    later = KeyRing([numbered(2, SecretKey(KEK))])

    def unlock(ring: KeyRing, key: DataKey, sealed: bytes, place: Place) -> object:
        with unlocked(ring, key, sealed, place) as secret, secret.opened() as material:
            raise LookupError(secret, material)

    def use_after_the_end() -> object:
        with closing(SecretKey(SECRET)) as key:
            pass
        return key == signer.key

    return [
        lambda: unlock(signer.ring, data_key, record, PLACE),
        lambda: unlock(other, data_key, record, PLACE),
        lambda: unlock(later, data_key, record, PLACE),
        lambda: unlock(signer.ring, data_key, record[:-1] + b"x", PLACE),
        lambda: unlock(signer.ring, data_key, record, replace(PLACE, row="another")),
        lambda: unlock(signer.ring, data_key, b"junk", PLACE),
        lambda: unlock(signer.ring, data_key, record, replace(PLACE, user=UserId(8))),
        lambda: seal_secret(signer.ring, data_key, SecretKey(SECRET * 200), PLACE),
        lambda: numbered(1, SecretKey(SECRET + b"x")),
        lambda: hash(signer.key),
        lambda: signer.key.__reduce_ex__(2),
        use_after_the_end,
    ]


def test_no_failure_with_a_key_in_hand_tells_of_it(stream: io.StringIO, signer: Signer) -> None:
    wrong = failures(signer)
    for fail in wrong:
        try:
            try:
                fail()
            except (SecretUnavailable, LookupError, ValueError, TypeError) as cause:
                raise RuntimeError(f"chained to {cause!r}") from cause
        except RuntimeError as error:
            logger.exception("failed", extra={"error": error})
            logger.error("again", exc_info=ExceptionGroup("several", [error, error]))  # noqa: TRY400 - the case
            assert_nothing_of_a_key_in(with_locals(error))
    assert stream.getvalue().count("chained to") >= 2 * len(wrong)
    assert_nothing_of_a_key_in(stream.getvalue())


def with_locals(error: BaseException) -> str:
    """The most talkative rendering there is: every frame's variables, every cause."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    transform = structlog.tracebacks.ExceptionDictTransformer(
        show_locals=True, locals_max_string=10_000, locals_max_length=10_000
    )
    caught = (type(error), error, error.__traceback__)
    return "".join(told.format()) + str(transform(caught))


def test_variables_of_frames_inside_the_vault_show_no_key(signer: Signer) -> None:
    shown: list[str] = []
    previous = sys.getprofile()

    def look(frame: object, event: str, _argument: object) -> None:
        code = getattr(frame, "f_code", None)
        if code is not None and "infrastructure/security" in code.co_filename and event == "return":
            shown.append(repr(getattr(frame, "f_locals", {})))

    sys.setprofile(look)
    try:
        data_key = new_data_key(signer.ring, USER)
        record = seal_secret(signer.ring, data_key, signer.key, PLACE)
        with unlocked(signer.ring, data_key, record, PLACE) as secret:
            assert secret == signer.key
    finally:
        sys.setprofile(previous)
    assert len(shown) > 20
    assert_nothing_of_a_key_in("\n".join(shown))
