"""Settings: where they come from, what is refused and how that is said."""

import itertools
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.config.secrets_handover import SECRETS
from infrastructure.config.settings import Settings, load_settings, misspelt
from infrastructure.config.sources import FILE_TWINS
from infrastructure.config.values import Venue
from infrastructure.errors import SettingsError

ROOT = Path(__file__).parents[2]
TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
VARIABLES = {name.upper() for name in Settings.model_fields}


def test_an_empty_environment_gives_the_documented_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {}, {})
    assert settings.venue is Venue.AUTO
    assert settings.dry_run_mode
    assert settings.database_url is None
    assert settings.paper_starting_cash == Decimal(1000)
    assert (settings.ws_ping_interval, settings.ws_max_subscriptions) == (10.0, 1000)
    assert (settings.price_debounce_seconds, settings.max_position_updates_per_second) == (1.0, 10)
    assert not settings.names_a_venue
    limits = (settings.max_order_usdc, settings.max_market_usdc, settings.max_day_usdc)
    assert limits == (Decimal(100), Decimal(250), Decimal(500))


def test_env_local_wins_over_env_and_the_environment_over_both(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPS_PORT=1\nSANDBOX_PORT=1\nSANDBOX_SEED=1\n")
    (tmp_path / ".env.local").write_text("SANDBOX_PORT=2\nSANDBOX_SEED=2\n")
    settings = load_settings(tmp_path, {"SANDBOX_SEED": "3"}, {})
    assert (settings.ops_port, settings.sandbox_port, settings.sandbox_seed) == (1, 2, 3)


def test_an_empty_variable_is_unset(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPS_PORT=\n")
    settings = load_settings(tmp_path, {"DATABASE_URL": "", "VENUE": "", "CLOB_API_URL": ""}, {})
    assert settings == load_settings(tmp_path, {}, {})
    assert not settings.names_a_venue


def test_a_venue_url_counts_as_naming_a_venue(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"GAMMA_API_URL": "http://localhost:1/"}, {}).names_a_venue


def test_the_process_environment_is_read_from_the_argument_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_PORT", "1234")
    assert load_settings(tmp_path, {}, {}).ops_port == Settings.model_fields["ops_port"].default


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {}, {})
    with pytest.raises(ValueError, match="frozen"):
        settings.ops_port = 1


def test_allowed_users_are_numbers_in_their_order(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"TELEGRAM_ALLOWED_USERS": " 22, 11,22,"}, {})
    assert settings.telegram_allowed_users == (22, 11)


def test_relative_folders_begin_at_the_root(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"DATA_DIR": "data", "FIXTURES_DIR": "/recorded"}, {})
    assert (settings.data_dir, settings.fixtures_dir) == (tmp_path / "data", Path("/recorded"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PRICE_DEBOUNCE_SECONDS", "0"),
        ("PRICE_DEBOUNCE_SECONDS", "-1"),
        ("PRICE_DEBOUNCE_SECONDS", "nan"),
        ("POLL_INTERVAL_SECONDS", "inf"),
        ("QUOTE_TTL_SECONDS", "soon"),
        ("LIVE_EDIT_INTERVAL_SECONDS", "2.9"),
        ("MAX_POSITION_UPDATES_PER_SECOND", "0"),
        ("WS_MAX_RECONNECT_ATTEMPTS", "-1"),
        ("WS_MAX_SUBSCRIPTIONS", "1.5"),
        ("WS_TOKENS_PER_CONNECTION", "501"),
        ("WS_REDUNDANCY", "3"),
        ("WS_CANARIES", "-1"),
        ("OPS_PORT", "65536"),
        ("SANDBOX_PORT", "-1"),
        ("VENUE", "kalshi"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "chatty"),
        ("USE_WEBSOCKET", "maybe"),
        ("CLOB_API_URL", "ftp://host"),
        ("CLOB_API_URL", "https://"),
        ("CLOB_API_URL", "https://host:99999"),
        ("CLOB_API_URL", "clob.polymarket.com"),
        ("CLOB_WSS_URL", "https://host"),
        ("TELEGRAM_API_BASE_URL", "http://host/?a=b"),
        ("TELEGRAM_WEBHOOK_URL", "http://host/webhook"),
        ("TELEGRAM_ALLOWED_USERS", "someone"),
        ("TELEGRAM_ALLOWED_USERS", "1;2"),
        ("PAPER_STARTING_CASH", "NaN"),
        ("PAPER_STARTING_CASH", "1e99"),
        ("MAX_SLIPPAGE_PERCENT", "101"),
        ("MIN_EDGE", "1"),
        ("MAX_ORDER_USDC", "-1"),
        ("MAX_MARKET_USDC", "Infinity"),
        ("MAX_DAY_USDC", "0.0000001"),
        ("MAX_OPEN_ORDERS", "0"),
        ("GLOBAL_MAX_DAY_USDC", "lots"),
        ("MIN_FREE_DISK_PERCENT", "101"),
        ("RECONCILE_INTERVAL_SECONDS", "0"),
        ("UPDATES_KEPT_DAYS", "nan"),
        ("RELAYER_API_URL", "relayer"),
        ("GEOBLOCK_URL", "ftp://host"),
        ("CLOB_API_ADDRESS", "0x12"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path, {variable: value}, {})
    assert refusal.value.variable == variable
    assert str(refusal.value).startswith(f"{variable}: {value!r} ")
    assert "\n" not in str(refusal.value)


def test_of_several_wrong_settings_the_first_is_named_and_the_others_counted(
    tmp_path: Path,
) -> None:
    wrong = {"OPS_PORT": "x", "VENUE": "x", "SANDBOX_SEED": "x"}
    with pytest.raises(SettingsError, match=r"^VENUE: .*\(2 more settings are wrong\)$"):
        load_settings(tmp_path, wrong, {})


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters=":\0"), min_size=6))
def test_a_refused_secret_is_never_repeated(secret: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(Path("/nonexistent"), {"TELEGRAM_BOT_TOKEN": secret}, {})
    assert str(refusal.value) == (
        "TELEGRAM_BOT_TOKEN: its value must be a token as @BotFather gives it, 123456:ABC…"
    )


def test_a_password_in_a_venue_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path, {"CLOB_API_URL": "https://me:hunter2@host"}, {})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("variable", sorted(SECRETS))
def test_every_secret_may_be_in_a_file(tmp_path: Path, variable: str) -> None:
    (tmp_path / "secret").write_text(f"{TOKEN if 'TOKEN' in variable else 'abc-123'}\n")
    settings = load_settings(tmp_path, {f"{variable}_FILE": "secret"}, {})
    assert settings.secrets in {(TOKEN,), ("abc-123",)}
    assert settings.secrets[0] not in repr(settings)


def test_a_secret_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    both = {"CLOB_API_KEY": "a-key", "CLOB_API_KEY_FILE": "path"}
    with pytest.raises(SettingsError, match=r"^CLOB_API_KEY_FILE: CLOB_API_KEY is set too"):
        load_settings(tmp_path, both, {})


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_an_unusable_secret_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SettingsError, match=f"^DATABASE_URL_FILE: .*{re.escape(str(tmp_path))}"):
        load_settings(tmp_path, {"DATABASE_URL_FILE": "secret"}, {})


def test_a_mistyped_variable_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PRICE_DEBOUNCE_SECOND=1\nCOMPOSE_PROJECT=x\nOPS_PORT=1\n")
    assert misspelt(tmp_path) == [
        ".env sets PRICE_DEBOUNCE_SECOND, which nothing reads; is PRICE_DEBOUNCE_SECONDS meant?"
    ]


def test_env_example_lists_every_setting_once_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = [match for line in lines if (match := re.fullmatch(r"#?([A-Z_]+)=(.*)", line))]
    names = [match[1] for match in listed]
    assert sorted(names) == sorted(VARIABLES | FILE_TWINS)
    for match in listed:
        field = Settings.model_fields.get(match[1].lower())
        default = field.default if field is not None else None
        if match[2]:
            assert match[2].lower() == str(default).lower()


def test_env_example_explains_every_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"#?[A-Z_]+=", line):
            assert before.startswith("# "), line


def test_env_example_as_env_changes_nothing(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(example)
    assert load_settings(tmp_path, {}, {}) == load_settings(tmp_path, {}, {})
    uncommented = re.sub(r"(?m)^#([A-Z_]+=)", r"\1", example)
    (tmp_path / ".env").write_text(uncommented)
    assert load_settings(tmp_path, {}, {}).model_dump() == (
        load_settings(tmp_path / "empty", {}, {}).model_dump() | _folders(tmp_path)
    )


def _folders(root: Path) -> dict[str, Path]:
    return {"fixtures_dir": root / "../shared/fixtures"}


HANDOVER = """
import json, os, sys
sys.path.insert(0, {root!r})
from infrastructure.config.secrets_handover import hand_over_secrets
secrets = dict(hand_over_secrets())
print(json.dumps([secrets, sys.argv[1:], os.getcwd(), os.getpid(), dict(os.environ)]), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("program", [["prog.py"], ["-m", "prog"]])
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_secrets_of_the_environment_cannot_be_read_in_proc(
    tmp_path: Path, program: list[str]
) -> None:
    (tmp_path / "prog.py").write_text(HANDOVER.format(root=str(ROOT)))
    secrets = {name: f"canary-{name}" for name in SECRETS}
    with subprocess.Popen(
        [sys.executable, *program, "--duration", "1 2"],
        cwd=tmp_path,
        env={"KEPT": "yes"} | secrets,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        received, arguments, folder, pid, environment = json.loads(child.stdout.readline())
        visible = Path(f"/proc/{child.pid}/environ").read_bytes()
        command = Path(f"/proc/{child.pid}/cmdline").read_bytes()
        child.communicate()
    assert received == secrets
    assert (arguments, folder, pid) == (["--duration", "1 2"], str(tmp_path), child.pid)
    assert environment["KEPT"] == "yes"
    assert b"canary" not in visible + command
    assert b"KEPT=yes" in visible


def test_without_secrets_the_program_is_not_started_anew(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(HANDOVER.format(root=str(ROOT)))
    ran = subprocess.run(
        [sys.executable, "prog.py"],
        cwd=tmp_path,
        env={"TELEGRAM_BOT_TOKEN": ""},
        input="",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(ran.stdout)[0] == {}
    assert os.getpid() != json.loads(ran.stdout)[3]
