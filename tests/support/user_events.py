"""Messages of the user channel about one account, made from what a test changes in them."""

OURS = "9180014b-33c8-9240-a14b-bdca11c0a465"
THEIRS = "00000000-0000-0000-0000-0000000000aa"


def order(**fields: object) -> dict[str, object]:
    """A buy of a hundred that rests."""
    return {
        "event_type": "order",
        "id": "0x01",
        "owner": OURS,
        "market": "0x1",
        "asset_id": "11",
        "side": "BUY",
        "order_owner": OURS,
        "original_size": "100",
        "size_matched": "0",
        "price": "0.5",
        "associate_trades": None,
        "outcome": "Yes",
        "type": "UPDATE",
        "created_at": "1703875200000",
        "expiration": "0",
        "order_type": "GTC",
        "status": "LIVE",
        "timestamp": "1703875200500",
    } | fields


def trade(**fields: object) -> dict[str, object]:
    """Ten bought by us as the taker."""
    return {
        "event_type": "trade",
        "type": "TRADE",
        "id": "t1",
        "taker_order_id": "0x01",
        "market": "0x1",
        "asset_id": "11",
        "side": "BUY",
        "size": "10",
        "price": "0.57",
        "fee_rate_bps": "0",
        "status": "MATCHED",
        "match_time": "1672290701",
        "last_update": "1672290701",
        "owner": OURS,
        "trade_owner": OURS,
        "transaction_hash": "",
        "bucket_index": 0,
        "maker_orders": [maker("0xff", "10", owner=THEIRS)],
        "trader_side": "TAKER",
        "timestamp": "1672290701",
    } | fields


def maker(order_id: str, matched: str, **fields: object) -> dict[str, object]:
    """An entry of ours that met the taker on the same token."""
    return {
        "order_id": order_id,
        "owner": OURS,
        "matched_amount": matched,
        "price": "0.57",
        "fee_rate_bps": "0",
        "asset_id": "11",
        "outcome": "Yes",
        "side": "SELL",
    } | fields
