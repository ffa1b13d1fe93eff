"""The owner's people: listed, promoted and demoted, blocked, invited."""

from core.domain.errors import Rejected
from core.domain.units import UserId
from core.domain.user import Member, Role
from core.services.invitations import Invitations
from core.services.people import People
from telegram_bot.context import BotContext
from telegram_bot.handlers.safety import NOT_HERE, OWNER_ONLY
from telegram_bot.handlers.withdrawing import ask_code, has_factor
from telegram_bot.people_actions import (
    INVITED_BY,
    BlockPerson,
    ChangeRole,
    Invite,
    PeopleAction,
    ShowPeople,
    ShowPerson,
    UnblockPerson,
)
from telegram_bot.questions import Admission, CodeFor
from telegram_bot.screens.people import (
    PAGE,
    changed_words,
    invitation_screen,
    people_screen,
    person_screen,
)
from telegram_bot.words import say


async def act_on_people(context: BotContext, action: PeopleAction) -> None:
    """Raises: Rejected for anybody but the owner, NotFound."""
    people, owner = _people(context), context.user.id
    match action:
        case ShowPeople(page):
            await _show_all(context, page)
        case ShowPerson(user_id):
            await context.show(person_screen(await people.find(user_id)))
        case BlockPerson(user_id):
            await _show_changed(context, await people.block(owner, user_id))
        case UnblockPerson(user_id):
            await _show_changed(context, await people.unblock(owner, user_id))
        case Invite() | ChangeRole():
            await let_more(context, action)


async def let_more(context: BotContext, wish: Admission, *, is_proven: bool = False) -> None:
    """A code first where an authenticator is set up; who is to do less needs none.

    Raises: Rejected for anybody but the owner, NotFound.
    """
    people = _people(context)
    if not is_proven and await _is_more(people, wish) and await has_factor(context):
        await ask_code(context, CodeFor(wish), _meaning(wish))
        return
    match wish:
        case Invite(role):
            code = await _invitations(context).make(context.user.id, role)
            link = context.desk.messenger.start_link(INVITED_BY + code)
            await context.show(invitation_screen(link, role))
        case ChangeRole(user_id, role):
            await _show_changed(context, await people.change_role(context.user.id, user_id, role))


async def _is_more(people: People, wish: Admission) -> bool:
    if isinstance(wish, Invite):
        return True
    before: UserId = wish.user_id
    return wish.role is Role.TRADER and (await people.find(before)).user.role is Role.VIEWER


def _meaning(wish: Admission) -> str:
    if isinstance(wish, Invite):
        return say("It lets somebody new in.")
    return say("It lets a viewer trade.")


async def _show_all(context: BotContext, page: int) -> None:
    members = await _people(context).list()
    await context.show(people_screen(members, min(page, (len(members) - 1) // PAGE)))


async def _show_changed(context: BotContext, member: Member) -> None:
    await context.show(person_screen(member, changed_words(member)))


def _people(context: BotContext) -> People:
    if not context.is_owner:
        raise Rejected(say(OWNER_ONLY))
    if context.services.people is None:
        raise Rejected(say(NOT_HERE))
    return context.services.people


def _invitations(context: BotContext) -> Invitations:
    if context.services.invitations is None:
        raise Rejected(say(NOT_HERE))
    return context.services.invitations
