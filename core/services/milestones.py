"""Named points in the life of an order, of money and of their news, told as they are passed.

The crash harness kills the process at each of them; the product passes them without a word.
"""

from collections.abc import Callable
from enum import StrEnum


class Milestone(StrEnum):
    """`after` a commit or an answer; `before` a byte leaves."""

    INTENT_COMMITTED = "intent-committed"
    SIGNED = "signed"
    SIGNATURE_COMMITTED = "signature-committed"
    BEFORE_POST = "before-post"
    AFTER_POST = "after-post"
    ANSWER_COMMITTED = "answer-committed"
    BEFORE_LOOK_UP = "before-look-up"
    AFTER_LOOK_UP = "after-look-up"
    BEFORE_REPOST = "before-repost"
    AFTER_REPOST = "after-repost"
    CANCEL_COMMITTED = "cancel-committed"
    BEFORE_CANCEL = "before-cancel"
    AFTER_CANCEL = "after-cancel"
    CANCEL_ANSWER_COMMITTED = "cancel-answer-committed"
    BEFORE_FILL = "before-fill"
    FILL_COMMITTED = "fill-committed"
    BEFORE_REVERSAL = "before-reversal"
    REVERSAL_COMMITTED = "reversal-committed"
    SWITCH_COMMITTED = "switch-committed"
    RESULT_BOOKED = "result-booked"
    WITHDRAWAL_CLAIMED = "withdrawal-claimed"
    ACTION_SIGNED = "action-signed"
    ACTION_COMMITTED = "action-committed"
    BEFORE_SUBMIT = "before-submit"
    AFTER_SUBMIT = "after-submit"
    ACTION_ACCEPTED = "action-accepted"
    ACTION_SETTLED = "action-settled"
    WITHDRAWAL_SETTLED = "withdrawal-settled"
    UPDATE_STORED = "update-stored"
    UPDATE_HANDLED = "update-handled"
    NOTICE_CLAIMED = "notice-claimed"
    NOTICE_SENT = "notice-sent"
    NOTICE_MARKED = "notice-marked"
    RECONCILE_ORDERS_READ = "reconcile-orders-read"
    RECONCILE_TRADES_APPLIED = "reconcile-trades-applied"
    RECONCILE_COMMITTED = "reconcile-committed"
    KEY_MADE = "key-made"
    KEY_WAITS = "key-waits"
    ACCESS_OBTAINED = "access-obtained"
    BOOK_CLEARED = "book-cleared"
    KEY_REPLACED = "key-replaced"
    OLD_KEY_FORGOTTEN = "old-key-forgotten"
    ROTATION_KEY_MADE = "rotation-key-made"
    ROTATION_ROW_MOVED = "rotation-row-moved"


Reached = Callable[[Milestone], None]


def unwatched(milestone: Milestone) -> None:
    """What the product does at a milestone: nothing."""
