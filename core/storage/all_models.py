"""Every module of tables: importing this makes `Base.metadata` whole."""

from core.storage import (
    alert_models,
    chat_models,
    custody_models,
    fact_models,
    finding_models,
    intake_models,
    models,
    order_models,
    people_models,
    portfolio_models,
    preference_models,
    reconciliation_models,
    risk_models,
    trigger_models,
    wallet_action_models,
    weather_models,
)

__all__ = [
    "alert_models",
    "chat_models",
    "custody_models",
    "fact_models",
    "finding_models",
    "intake_models",
    "models",
    "order_models",
    "people_models",
    "portfolio_models",
    "preference_models",
    "reconciliation_models",
    "risk_models",
    "trigger_models",
    "wallet_action_models",
    "weather_models",
]
