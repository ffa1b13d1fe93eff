"""Where everything of accounts is served."""

from typing import Final

from aiohttp import web

from infrastructure.sandbox.exchange.accounts import (
    account_api,
    control_orders,
    control_wallets,
    data_api,
    order_api,
)
from infrastructure.sandbox.exchange.accounts.user_socket import user_socket

DATA_PREFIXES: Final = ("", "/data-api")


def account_routes(prefix: str = "") -> list[web.RouteDef]:
    """The CLOB's own; `prefix` is where it lives."""
    return [
        web.post(f"{prefix}/auth/api-key", account_api.create_key),
        web.delete(f"{prefix}/auth/api-key", account_api.delete_key),
        web.get(f"{prefix}/auth/derive-api-key", account_api.derive_key),
        web.get(f"{prefix}/auth/api-keys", account_api.list_keys),
        web.get(f"{prefix}/auth/ban-status/closed-only", account_api.closed_only),
        web.get(f"{prefix}/v1/user/session-signers", account_api.session_signers),
        web.get(f"{prefix}/v1/user/rate-limit-tier", account_api.rate_limit_tier),
        web.post(f"{prefix}/v1/heartbeats", account_api.heartbeat),
        web.get(f"{prefix}/version", account_api.version),
        web.post(f"{prefix}/order", order_api.post_order),
        web.delete(f"{prefix}/order", order_api.cancel_order),
        web.post(f"{prefix}/orders", order_api.post_orders),
        web.delete(f"{prefix}/orders", order_api.cancel_orders),
        web.delete(f"{prefix}/cancel-all", order_api.cancel_all),
        web.delete(f"{prefix}/cancel-market-orders", order_api.cancel_market),
        web.get(f"{prefix}/data/orders", account_api.open_orders),
        web.get(f"{prefix}/data/order/{{id}}", account_api.one_order),
        web.get(f"{prefix}/data/trades", account_api.trades),
        web.get(f"{prefix}/balance-allowance", account_api.balance),
        web.get(f"{prefix}/balance-allowance/update", account_api.update_balance),
        web.get(f"{prefix}/ws/user", user_socket),
    ]


def public_routes() -> list[web.RouteDef]:
    """The Data API and the geoblock, which ask for no key."""
    data = [
        route
        for prefix in DATA_PREFIXES
        for route in (
            web.get(f"{prefix}/v2/positions", data_api.positions),
            web.get(f"{prefix}/v2/trades", data_api.trades),
            web.get(f"{prefix}/v2/activity", data_api.activity),
            web.get(f"{prefix}/v2/value", data_api.worth),
            web.get(f"{prefix}/v2/approvals", data_api.approvals),
        )
    ]
    return [
        *data,
        web.get("/api/geoblock", data_api.geoblock),
        web.get("/deployed", data_api.deployed),
        web.get("/relayer/deployed", data_api.deployed),
    ]


def account_controls() -> list[web.RouteDef]:
    return [
        web.post("/control/wallet", control_wallets.set_wallet),
        web.get("/control/wallet", control_wallets.wallet),
        web.get("/control/wallets", control_wallets.wallets),
        web.post("/control/redeem", control_wallets.redeem),
        web.post("/control/geoblock", control_wallets.set_region),
        web.post("/control/order-faults", control_orders.set_fault),
        web.get("/control/order-faults", control_orders.faults),
        web.post("/control/trades", control_orders.set_trades),
        web.get("/control/trades", control_orders.trades),
        web.post("/control/user-channel", control_orders.set_channel),
        web.get("/control/user-channel", control_orders.channel),
        web.post("/control/rate-limits", control_orders.set_limits),
        web.post("/control/taker-delay", control_orders.set_delay),
        web.post("/control/look-ups", control_orders.set_look_ups),
        web.post("/control/heartbeats", control_orders.set_heartbeats),
        web.post("/control/cancel", control_orders.cancel),
        web.get("/control/orders", control_orders.orders),
    ]
