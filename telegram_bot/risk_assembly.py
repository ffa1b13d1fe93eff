"""Builds what stands between an order and the venue: limits, switches, breakers, the audit."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.domain.risk import Limits
from core.domain.units import UserId
from core.services.audit import Audit
from core.services.clearance import Clearance
from core.services.fence import Fence
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.services.risk.breakers import Breakers
from core.services.risk.guards import Guards
from core.services.risk.outside import Alarms, Conditions, RiskRules
from core.services.risk.own_limits import OwnLimits
from core.services.risk.repairing import Repair
from core.storage.models import Sessions
from core.storage.reconciliation import is_clear
from infrastructure.config.settings import Settings
from telegram_bot.telling import OutboxAlarms


@dataclass(frozen=True, slots=True)
class Risk:
    """One set of guards for every account: people and strategies pass the same."""

    guards: Guards
    clearance: Clearance
    breakers: Breakers
    own_limits: OwnLimits
    repair: Repair
    alarms: Alarms
    audit: Audit
    free_disk: Callable[[], float]  # percent


def build_risk(
    settings: Settings,
    sessions: Sessions,
    board: PriceBoard,
    outbox: Outbox,
    epoch: int,
    is_heartbeat_healthy: Callable[[UserId], bool],
) -> Risk:
    """`epoch`: the taking-over of the database by which this process is in charge."""
    audit, alarms, rules = Audit(), OutboxAlarms(outbox), _rules(settings)
    free_disk = _free_disk_at(settings.data_dir)
    breakers, fence = Breakers(sessions, rules, alarms, audit), Fence(epoch)
    conditions = Conditions(board, fence, is_heartbeat_healthy, is_clear, free_disk)
    guards = Guards(rules, conditions, breakers)
    return Risk(
        guards=guards,
        clearance=Clearance(sessions, fence),
        breakers=breakers,
        own_limits=OwnLimits(sessions, rules, audit),
        repair=Repair(sessions, guards, alarms),
        alarms=alarms,
        audit=audit,
        free_disk=free_disk,
    )


def _rules(settings: Settings) -> RiskRules:
    live = Limits(
        per_order=settings.max_order_usdc,
        per_market=settings.max_market_usdc,
        per_day=settings.max_day_usdc,
        open_orders=settings.max_open_orders,
        all_users_per_day=settings.global_max_day_usdc,
    )
    return RiskRules(live, settings.max_slippage_percent, settings.min_free_disk_percent)


def _free_disk_at(folder: Path) -> Callable[[], float]:
    """Of the disk that holds `folder`, or the nearest folder above it that is there."""

    def free() -> float:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        usage = shutil.disk_usage(there)
        return 100 * usage.free / usage.total

    return free
