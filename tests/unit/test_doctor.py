"""The doctor's verdicts and how they are printed: pure functions."""

import errno
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import WebhookInfo

from infrastructure.config.settings import Settings, load_settings
from infrastructure.database.examine import DatabaseFacts
from infrastructure.database.holder import Holder
from infrastructure.errors import CannotStart, PortInUse
from telegram_bot.doctor.case import Patience, venue_address
from telegram_bot.doctor.data_checks import schema, space, startable
from telegram_bot.doctor.examination import DATABASE_PATIENCE, settings_verdict
from telegram_bot.doctor.findings import (
    NAME_WIDTH,
    Finding,
    Verdict,
    exit_code,
    fail,
    lines,
    ok,
    refused,
    warn,
)
from telegram_bot.doctor.local_checks import (
    HealthAnswer,
    OurPort,
    PartReport,
    TokenReport,
    try_port,
    wellbeing,
)
from telegram_bot.doctor.stream_checks import Heard, percentile, receiving, streaming
from telegram_bot.doctor.telegram_check import intake
from telegram_bot.doctor.venue_checks import ClockReading, check_venue, offset, skew
from telegram_bot.startup import VENUE_PATIENCE

FACTS = DatabaseFacts("18.6", may_migrate=True, revision="0002", venue=None, holder=None)
KNOWN = frozenset({"0001", "0002"})
HEARD = Heard(opening=0.04, first_book=0.1, pong=0.002)
GB = 10**9


def settings(root: Path, **variables: str) -> Settings:
    return load_settings(root, variables, {})


def test_a_line_names_verdict_check_and_finding_and_the_next_one_what_to_do() -> None:
    assert lines("clock", ok("well")) == ["ok    clock                  well"]
    first, second = lines("database", fail("gone\naway", "bring it\nback"))
    assert first == "fail  database               gone away"
    assert second.split() == ["do:", "bring", "it", "back"]
    assert len("SANDBOX_EXCHANGE_PORT") <= NAME_WIDTH


def test_only_a_failure_makes_the_exit_code_1() -> None:
    assert exit_code([ok("a"), warn("b", "c")]) == 0
    assert exit_code([ok("a"), fail("b", "c"), ok("d")]) == 1


def test_a_reason_not_to_start_is_parted_into_problem_and_mend() -> None:
    finding = refused(PortInUse("OPS_PORT", "127.0.0.1:1", "in use"))
    assert finding.found == "OPS_PORT: cannot listen on 127.0.0.1:1 (in use)"
    assert finding.mend == "set it to another port, or to 0 for any free one"
    assert refused(CannotStart("no mend is named")).mend


def test_all_checks_together_take_at_most_half_a_minute() -> None:
    patience = Patience()
    before = patience.local + max(DATABASE_PATIENCE, VENUE_PATIENCE)
    assert before + max(patience.total, 2 * patience.telegram) <= 30


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(50 * GB, Verdict.OK), (9 * GB, Verdict.WARN), (GB // 10, Verdict.FAIL)],
)
def test_a_disk_is_judged_by_what_is_free(free: int, verdict: Verdict) -> None:
    finding = space("/data", free, 100 * GB)
    assert finding.verdict is verdict
    assert bool(finding.mend) is (verdict is not Verdict.OK)


def test_data_of_another_postgres_cannot_be_started_on() -> None:
    assert startable("18.6", "18").verdict is Verdict.OK
    finding = startable("18.6", "17")
    assert finding.verdict is Verdict.FAIL
    assert "Postgres 17" in finding.found
    assert "restore" in finding.mend


def test_the_schema_is_compared_with_this_release() -> None:
    assert schema("DB", FACTS, "0002", KNOWN).found == "DB: Postgres 18.6, schema 0002"
    older = schema("DB", replace(FACTS, revision="0001"), "0002", KNOWN)
    assert (older.verdict, "brings it to 0002" in older.found) == (Verdict.OK, True)
    empty = schema("DB", replace(FACTS, revision=None), "0002", KNOWN)
    assert (empty.verdict, "first start makes it" in empty.found) == (Verdict.OK, True)
    newer = schema("DB", replace(FACTS, revision="0009"), "0002", KNOWN)
    assert (newer.verdict, "git pull" in newer.mend) == (Verdict.FAIL, True)


def test_missing_rights_fail_and_the_holder_is_named() -> None:
    poor = schema("DB", replace(FACTS, may_migrate=False), "0002", KNOWN)
    assert (poor.verdict, "owner" in poor.mend) == (Verdict.FAIL, True)
    used = schema("DB", replace(FACTS, holder=Holder("desk", 12)), "0002", KNOWN)
    assert "in use by pid 12 on desk" in used.found


@given(
    ahead=st.floats(-60, 60),
    way=st.floats(0, 3),
    back=st.floats(0, 3),
    at=st.floats(1.7e9, 1.8e9),
)
def test_the_true_skew_lies_in_the_range_that_the_answer_leaves_open(
    ahead: float, way: float, back: float, at: float
) -> None:
    told = float(int(at + way))  # the venue's clock when it was asked, in whole seconds
    reading = ClockReading(at + ahead, at + ahead + way + back, (told,))
    low, high = offset(reading)
    assert low - 0.001 <= ahead <= high + 0.001


@pytest.mark.parametrize(
    ("ours", "verdict", "words"),
    [(100.4, Verdict.OK, "± 0.6"), (103.0, Verdict.WARN, "fast"), (97.0, Verdict.WARN, "slow")],
)
def test_a_clock_two_seconds_off_is_a_warning(ours: float, verdict: Verdict, words: str) -> None:
    finding = skew(ClockReading(ours, ours + 0.1, (100.0,)))
    assert (finding.verdict, words in finding.found) == (verdict, True)


def test_a_slow_answer_is_no_proof_of_a_wrong_clock() -> None:
    assert skew(ClockReading(100.0, 109.0, (101.0,))).verdict is Verdict.OK


def test_a_second_witness_narrows_the_skew_unless_it_contradicts() -> None:
    assert offset(ClockReading(100.5, 100.5, (100.0, 99.0))) == (0.5, 0.5)
    assert offset(ClockReading(100.5, 100.5, (100.0, 50.0))) == (-0.5, 0.5)


def test_connected_is_not_receiving() -> None:
    url = "wss://venue"
    assert receiving(url, HEARD, has_market=True).verdict is Verdict.OK
    silent = receiving(url, replace(HEARD, first_book=None), has_market=True)
    assert (silent.verdict, "no book came" in silent.found) == (Verdict.FAIL, True)
    mute = receiving(url, replace(HEARD, pong=None), has_market=True)
    assert (mute.verdict, "no PONG" in mute.found) == (Verdict.WARN, True)
    lost = receiving(url, replace(HEARD, trouble="1012"), has_market=True)
    assert (lost.verdict, "then lost (1012)" in lost.found) == (Verdict.FAIL, True)
    closed = receiving(url, Heard(trouble="refused"), has_market=True)
    assert (closed.verdict, "CLOB_WSS_URL" in closed.mend) == (Verdict.FAIL, True)
    assert receiving(url, HEARD, has_market=False).verdict is Verdict.WARN


def test_a_minute_of_news_is_told_in_figures() -> None:
    heard = replace(HEARD, messages=1200, lags=[0.03] * 90 + [0.5] * 10)
    finding = streaming("Rain?", heard, 60)
    assert finding.found == (
        "Rain?: first book after 100 ms, 1200 messages (20.0/s), "
        "feed lag 30 ms in the middle, 500 ms at p99, 500 ms at most"
    )
    late = streaming("Rain?", replace(HEARD, lags=[3.0]), 60)
    assert (late.verdict, "clock" in late.mend) == (Verdict.WARN, True)
    assert "no news" in streaming("Rain?", HEARD, 60).found
    lost = streaming("Rain?", replace(HEARD, trouble="1012"), 60)
    assert (lost.verdict, "1012" in lost.found) == (Verdict.FAIL, True)


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_with_no_more_than_its_share_below(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value < found for value in values) <= share * len(values)


def webhook(url: str = "", pending: int = 0, **more: object) -> WebhookInfo:
    return WebhookInfo(url, False, pending, **more)  # type: ignore[arg-type] # a test's shorthand


def test_a_foreign_webhook_is_a_conflict_and_only_its_host_is_named() -> None:
    foreign = webhook("https://other.example/path-with-a-secret")
    running = intake("answers", foreign, ours=None, is_running=True)
    assert (running.verdict, "another program" in running.mend) == (Verdict.FAIL, True)
    assert "other.example" in running.found
    assert "secret" not in running.found + running.mend
    resting = intake("answers", foreign, ours=None, is_running=False)
    assert (resting.verdict, "next start" in resting.mend) == (Verdict.WARN, True)


def test_updates_that_nobody_reads_are_a_warning_only_while_the_program_runs() -> None:
    many = webhook(pending=500)
    assert intake("", many, ours=None, is_running=True).verdict is Verdict.WARN
    assert intake("", many, ours=None, is_running=False).verdict is Verdict.OK


def test_our_own_webhook_is_well_while_it_is_registered_and_reached() -> None:
    ours = "https://me.example/webhook"
    assert intake("", webhook(ours), ours=ours, is_running=True).verdict is Verdict.OK
    assert intake("", webhook(), ours=ours, is_running=True).verdict is Verdict.FAIL
    assert intake("", webhook(), ours=ours, is_running=False).verdict is Verdict.OK
    now = datetime.now(UTC)
    broken = webhook(ours, last_error_date=now, last_error_message="Connection refused")
    finding = intake("", broken, ours=ours, is_running=True)
    assert (finding.verdict, "Connection refused" in finding.found) == (Verdict.WARN, True)
    past = webhook(ours, last_error_date=now - timedelta(hours=1), last_error_message="Refused")
    assert intake("", past, ours=ours, is_running=True).verdict is Verdict.OK


def test_what_the_program_says_of_itself_is_passed_on() -> None:
    well = {"database": PartReport(ok=True, state="up")}
    assert wellbeing("runs", HealthAnswer(well)).found == "runs for 0 s, healthy"
    late = HealthAnswer(well, 5.0, 40, 2, [TokenReport("1234567890123", "suspect", "missed")])
    assert "38 of 40 tokens are not live, 123456789012… is suspect: missed" in (
        wellbeing("runs", late).found
    )
    ill = HealthAnswer(well | {"telegram": PartReport(ok=False, state="does not answer")})
    finding = wellbeing("runs", ill)
    assert (finding.verdict, "telegram: does not answer" in finding.found) == (Verdict.WARN, True)


def test_a_taken_port_and_a_foreign_address_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortInUse, match=r"^SANDBOX_PORT: ") as taken:
            try_port(OurPort("SANDBOX_PORT", "127.0.0.1", port, "/"))
    assert isinstance(taken.value.__cause__, OSError)
    assert taken.value.__cause__.errno == errno.EADDRINUSE
    with pytest.raises(PortInUse, match=r"^SANDBOX_HOST: "):
        try_port(OurPort("SANDBOX_EXCHANGE_PORT", "192.0.2.1", port, "/"))
    try_port(OurPort("OPS_PORT", "127.0.0.1", port, "/"))


def test_settings_are_named_without_their_values(tmp_path: Path) -> None:
    given_token = settings(tmp_path, TELEGRAM_BOT_TOKEN="123456:hunter2")
    assert settings_verdict(given_token, []).found == "1 set: TELEGRAM_BOT_TOKEN"
    assert settings_verdict(settings(tmp_path), []).found == "nothing set: defaults"
    odd = settings_verdict(settings(tmp_path), [".env sets OPS_PROT; is OPS_PORT meant?"])
    assert odd == Finding(
        Verdict.WARN, ".env sets OPS_PROT; is OPS_PORT meant?", "correct the name in that file"
    )


def test_a_database_of_another_venue_fails_with_the_mend(tmp_path: Path) -> None:
    real = settings(tmp_path, VENUE="polymarket")
    assert check_venue(real, None, is_sandbox=False) == ok("polymarket")
    assert check_venue(real, "polymarket", is_sandbox=False) == ok("polymarket")
    finding = check_venue(real, "sandbox", is_sandbox=False)
    assert (finding.verdict, "DATA_DIR" in finding.mend) == (Verdict.FAIL, True)
    assert check_venue(settings(tmp_path), None, is_sandbox=True).verdict is Verdict.WARN


def test_the_sandbox_s_venue_is_known_while_it_runs_on_a_fixed_port(tmp_path: Path) -> None:
    local, holder = settings(tmp_path, VENUE="sandbox"), Holder("desk", 1)
    assert venue_address(local, None, is_sandbox=True) is None
    found = venue_address(local, holder, is_sandbox=True)
    assert found is not None
    assert found.socket == "ws://127.0.0.1:8766/ws/market"
    anywhere = settings(tmp_path, VENUE="sandbox", SANDBOX_EXCHANGE_PORT="0")
    assert venue_address(anywhere, holder, is_sandbox=True) is None
