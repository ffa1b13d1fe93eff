"""What `make doctor` says of the walls and of the audit."""

from dataclasses import replace

from infrastructure.database.examine import DatabaseFacts
from telegram_bot.doctor.data_checks import schema
from telegram_bot.doctor.findings import Verdict

WHOLE = DatabaseFacts("18.6", may_migrate=True, revision="0009", venue=None, holder=None)
KNOWN = frozenset({"0009"})


def test_a_database_whose_guards_stand_is_well() -> None:
    assert schema("embedded", WHOLE, "0009", KNOWN).verdict is Verdict.OK


def test_missing_walls_are_a_warning_with_the_mend() -> None:
    facts = replace(WHOLE, missing_walls="there is no role polycool_app; make it")
    finding = schema("embedded", facts, "0009", KNOWN)
    assert finding.verdict is Verdict.WARN
    assert "paper money only" in finding.found
    assert "make it" in finding.mend


def test_a_changed_audit_is_a_failure_with_its_row() -> None:
    finding = schema("embedded", replace(WHOLE, broken_audit=7), "0009", KNOWN)
    assert finding.verdict is Verdict.FAIL
    assert "row 7 of the audit" in finding.found
