"""What `make coverage` says of the branches that the tests have taken."""

import pytest

from scripts.covered import AIMS, Summary, show

DOMAIN, SECURITY = "core/domain/fees.py", "infrastructure/security/envelope.py"


def test_each_figure_is_of_its_own_files_and_what_is_too_little_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {
        DOMAIN: Summary(10, 9),
        SECURITY: Summary(1000, 899),
        "telegram_bot/app.py": Summary(190, 80),
    }
    assert show(files) == ["infrastructure/security"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "core/domain               90.0 % of 10 branches, at least 90 %"
    assert lines[2] == "all                       82.3 % of 1200 branches, at least 75 %"


def test_nothing_measured_is_too_little() -> None:
    assert show({}) == [aim.name for aim in AIMS]
