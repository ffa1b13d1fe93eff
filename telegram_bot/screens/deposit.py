"""The deposit address as a picture, for the camera of a phone that holds the money."""

from io import BytesIO

import segno

from telegram_bot.account_actions import ShowWallet
from telegram_bot.screens.screen import Button, CopyButton, Screen, blocks, home_button
from telegram_bot.screens.text import safe
from telegram_bot.words import say

MODULE = 8  # pixels a square
QUIET = 4  # squares of white around it, as readers want


def qr_picture(address: str) -> bytes:
    """A PNG that says `address` and nothing else, so that every wallet reads it.

    It takes some 10 ms: not for the event loop.
    """
    picture = BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(picture, kind="png", scale=MODULE, border=QUIET)
    return picture.getvalue()


def deposit_screen(address: str) -> Screen:
    """The caption; a record, because a picture never turns into a card."""
    return Screen(
        blocks(
            say("Deposit address, for pUSD or USDC.e on Polygon only:"),
            f"<code>{safe(address, 60)}</code>",
            say(
                "Another token or another chain is lost. Compare the first and the last "
                "characters with what your wallet has read."
            ),
        ),
        (
            (CopyButton(say("Copy deposit address"), address),),
            (Button(say("Wallet"), ShowWallet()), home_button()),
        ),
        keeps_message=True,
    )
