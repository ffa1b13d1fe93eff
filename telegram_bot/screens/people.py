"""Who is let in, for the owner: everybody, one of them, and a link for somebody new."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.domain.user import Member, Role
from telegram_bot.people_actions import (
    BlockPerson,
    ChangeRole,
    Invite,
    ShowPeople,
    ShowPerson,
    UnblockPerson,
)
from telegram_bot.screens.screen import (
    Button,
    CopyButton,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    pager,
    rows,
)
from telegram_bot.screens.text import SHORT_TITLE, bold, plain
from telegram_bot.settings_actions import ShowSettings
from telegram_bot.words import mark, plural, say

PAGE: Final = 6
ROLES: Final[Mapping[Role, str]] = {
    Role.OWNER: mark("owner"),
    Role.TRADER: mark("trader"),
    Role.VIEWER: mark("viewer"),
}


def people_screen(members: Sequence[Member], page: int = 0) -> Screen:
    first = page * PAGE
    shown = members[first : first + PAGE]
    following = ShowPeople(page + 1) if len(members) > first + PAGE else None
    return Screen(
        blocks(
            say("<b>People</b>") + " · " + plural("{n} person", "{n} people", len(members)),
            lines(
                *(
                    f"{number}. {bold(each.user.first_name, SHORT_TITLE)} · {_state(each)}"
                    for number, each in enumerate(shown, first + 1)
                )
            ),
            say("Traders trade their own money. Viewers look at everything and trade nothing."),
        ),
        rows(
            *(
                (Button(f"{number}. {plain(each.user.first_name, 30)}", ShowPerson(each.user.id)),)
                for number, each in enumerate(shown, first + 1)
            ),
            pager(ShowPeople(page - 1) if page else None, following),
            (
                Button(say("Invite a trader"), Invite(Role.TRADER)),
                Button(say("Invite a viewer"), Invite(Role.VIEWER)),
            ),
            (Button(say("Settings"), ShowSettings()), home_button()),
        ),
    )


def person_screen(member: Member, said: str = "") -> Screen:
    """`said`: what has just been changed."""
    user = member.user
    return Screen(
        blocks(
            said,
            lines(
                bold(user.first_name, SHORT_TITLE),
                _state(member),
                say("Telegram id {id}", id=f"<code>{user.telegram_id}</code>"),
            ),
            say("The owner is decided where this bot is set up.")
            if user.role is Role.OWNER
            else say(
                "Blocking binds at once: what they write and tap is not answered any more. Their "
                "take profits and stop losses go on selling, and their money stays theirs."
            ),
        ),
        rows(_changes(member), (Button(say("People"), ShowPeople()), home_button())),
    )


def invitation_screen(link: str, role: Role) -> Screen:
    """The only time that the link is shown."""
    return Screen(
        blocks(
            say("<b>A link for one {role}</b>", role=say(ROLES[role])),
            f"<code>{link}</code>",
            say(
                "It lets in whoever opens it first, within 24 hours, and nobody after that. I "
                "cannot show it again."
            ),
        ),
        (
            (CopyButton(say("Copy the link"), link),),
            (Button(say("People"), ShowPeople()), home_button()),
        ),
        keeps_message=True,
        whose=None,
    )


def changed_words(member: Member) -> str:
    return say("{name}: {state} now.", name=bold(member.user.first_name, 40), state=_state(member))


def _state(member: Member) -> str:
    role = say(ROLES[member.user.role])
    return say("{role}, blocked", role=role) if member.is_blocked else role


def _changes(member: Member) -> Row:
    user = member.user
    if user.role is Role.OWNER:
        return ()
    role = (
        Button(say("Make a viewer"), ChangeRole(user.id, Role.VIEWER))
        if user.role is Role.TRADER
        else Button(say("Make a trader"), ChangeRole(user.id, Role.TRADER))
    )
    block = (
        Button(say("Let in again"), UnblockPerson(user.id), Style.SUCCESS)
        if member.is_blocked
        else Button(say("Block"), BlockPerson(user.id), Style.DANGER)
    )
    return (role, block)
