"""aiogram's models are built when they are used, and mean the same as ever."""

import aiogram.types
import pytest
from pydantic import ValidationError

from infrastructure.sandbox.telegram import built_when_used


def test_a_model_that_nobody_used_before_reads_what_it_should() -> None:
    assert built_when_used.__doc__
    option = aiogram.types.PollOption.model_validate(
        {"persistent_id": "1", "text": "Yes", "voter_count": 3, "text_entities": None}
    )
    assert option.voter_count == 3


def test_a_model_that_nobody_used_before_refuses_what_it_should() -> None:
    with pytest.raises(ValidationError, match="latitude"):
        aiogram.types.Venue.model_validate(
            {"location": {"latitude": "north", "longitude": 1}, "title": "x", "address": "y"}
        )
