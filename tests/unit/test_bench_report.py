"""What `make bench` says of its figures."""

import pytest

from tests.benchmarks.report import Figure, show


def test_what_missed_its_aim_is_named_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    figures = [
        Figure("fast", 3.0, "ms", "measured", "< 5"),
        Figure("slow", 9.0, "ms", "measured", "< 5"),
        Figure("free", 9.0, "ms", "measured"),
    ]
    assert show(figures) == ["slow"]
    assert "1 of 2 aims met: missed slow" in capsys.readouterr().out
