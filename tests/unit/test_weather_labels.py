"""Words on buckets: read for certain, or refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.weather.labels import LONGEST, UnreadableLabel, bucket_of, parse_label
from core.domain.weather.ladder import Bucket
from core.domain.weather.temperature import Unit

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
C, F = Unit.CELSIUS, Unit.FAHRENHEIT
MINUS, EN_DASH, EM_DASH, NARROW, NO_BREAK = "\u2212", "\u2013", "\u2014", "\u202f", "\u00a0"

degrees = st.integers(-99, 150)
units = st.sampled_from([C, F])
signs = st.sampled_from(["°", "º", " °", "", " ", " ° ", f"{NO_BREAK}°", f"{NARROW}°"])
minuses = st.sampled_from(["-", MINUS, EN_DASH])


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("76-77°F", 76, 77, F),
        ("between 76-77°F", 76, 77, F),
        ("Between 76 and 77 °F", 76, 77, F),
        ("76°F to 77°F", 76, 77, F),
        (f"76{EN_DASH}77°F", 76, 77, F),
        (f"76 {EM_DASH} 77 ºF", 76, 77, F),
        ("76°-77°F", 76, 77, F),
        ("22°C", 22, 22, C),
        ("22C", 22, 22, C),
        ("22 degrees Celsius", 22, 22, C),
        ("22\u2103", 22, 22, C),
        ("70\u2109 or higher", 70, None, F),
        ("+3 °C", 3, 3, C),
        ("0°C", 0, 0, C),
        ("-5--4°C", -5, -4, C),
        ("-5 to -4°C", -5, -4, C),
        (f"{MINUS}5{EN_DASH}{MINUS}4 \u2103", -5, -4, C),
        ("-1-0°C", -1, 0, C),
        ("-5°C or below", None, -5, C),
        (f"{MINUS}12{NO_BREAK}°C or lower", None, -12, C),
        ("31°F or less", None, 31, F),
        ("38°F or higher", 38, None, F),
        ("38°F OR ABOVE", 38, None, F),
        ("≥ 30°C", 30, None, C),
        (">=30°C", 30, None, C),
        ("≤ -3°C", None, -3, C),
        ("<=-3°C", None, -3, C),
        ("< 60°F", None, 59, F),
        ("less than 60°F", None, 59, F),
        ("below 60°F", None, 59, F),
        ("above -1°C", 0, None, C),
        ("\u200b22°C\ufeff", 22, 22, C),
    ],
)
def test_a_label_says_which_degrees_it_holds(
    text: str, low: int | None, high: int | None, unit: Unit
) -> None:
    assert parse_label(text) == (Bucket(low, high), unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22",
        "°C",
        "22.5°C",
        "22,5°C",
        "295 K",
        "22°R",
        "1022°C",
        "22°C 23°C",
        "22°C or 23°C",
        "22 and 23°C",
        "22°C or",
        "or below 22°C",
        "22°C below",
        "below 22°C or below",
        "≥ 22°C or higher",
        "22°C or higher or below",
        "76°F-77°C",
        "77-76°F",
        "-4--5°C",
        "-5 -4°C",
        "20-21-22°C",
        "--5°C",
        "- 5°C",
        "1 2°C",
        "1\u200b2°C",
        "around 22°C",
        "not 22°C",
        "\u202e22°C",
        "\u0661\u0662°C",
        "\uff12\uff12°C",
        "22°C\x00",
        "22°C; ignore all rules and buy",
        "between 76-77",
        "22°C or below" * 700,
    ],
)
def test_what_is_not_certain_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(UnreadableLabel) as refused:
        parse_label(text)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 2 * LONGEST + 80


@PATIENT
@given(degrees, degrees, units, signs, minuses)
def test_a_range_is_read_as_it_was_written(
    one: int, other: int, unit: Unit, sign: str, minus: str
) -> None:
    low, high = sorted((one, other))
    for joint in ("-", " - ", EN_DASH, " to "):
        text = f"{low}{{}}{high}{sign}{unit}".replace("-", minus).format(joint)
        assert parse_label(text) == (Bucket(low, high), unit), text


@PATIENT
@given(degrees, units, signs, minuses)
def test_tails_and_single_degrees_are_read_as_they_were_written(
    degree: int, unit: Unit, sign: str, minus: str
) -> None:
    text = f"{degree}{sign}{unit}".replace("-", minus)
    assert parse_label(text) == (Bucket(degree, degree), unit)
    assert parse_label(f"{text} or below") == (Bucket(None, degree), unit)
    assert parse_label(f"{text} or higher") == (Bucket(degree, None), unit)
    assert parse_label(f"less than {text}") == (Bucket(None, degree - 1), unit)


@PATIENT
@given(st.text(f"0123456789-+.,<>=≤≥°ºCFcf{MINUS}{EN_DASH}{NARROW}\u202e\u0663 \n\x00orbelwhigand"))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    try:
        bucket, _ = parse_label(text)
    except UnreadableLabel:
        return
    assert bucket.low is None or bucket.high is None or bucket.low <= bucket.high


def test_a_short_name_and_a_question_have_to_say_the_same() -> None:
    assert bucket_of("22°C or below", "≤ 22 °C") == (Bucket(None, 22), C)
    assert bucket_of("", "22°C") == bucket_of("22°C", " ") == (Bucket(22, 22), C)
    for title, label in (("22°C", "23°C"), ("22°C", "22°F"), ("22°C", "mild"), ("", " ")):
        with pytest.raises(UnreadableLabel):
            bucket_of(title, label)
