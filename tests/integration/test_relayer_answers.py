"""Every answer of the relayer means one thing: taken, refused, not now, or nobody knows."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from core.domain.errors import OutcomeUnknown, PolycoolError, Rejected, Unavailable
from infrastructure.polymarket.signing.exchanges import POLYGON
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from infrastructure.polymarket.wallets.approvals import ApprovalList
from infrastructure.polymarket.wallets.contracts import NEEDED, Standard
from infrastructure.polymarket.wallets.relayer_auth import RelayerKey
from infrastructure.polymarket.wallets.relayer_http import NonceMoved, RelayerHttp, WalletBusy
from infrastructure.polymarket.wallets.relayer_wire import RelayerState
from tests.support.signing import FUNDER, known_key
from tests.support.venue_rest import Answer, VenueRest, asking, serving, text

KEY: Final = RelayerKey("secret-key", known_key().address)
ID: Final = "0190b317-a1d3-7bec-9b91-eeb6dcd3a620"
PARAMS: Final = "/v1/account/transactions/params"


@pytest.fixture
def venue() -> VenueRest:
    return VenueRest()


@pytest.fixture
async def relayer(venue: VenueRest) -> AsyncIterator[RelayerHttp]:
    async with serving(venue) as url, open_trading_client(1.0) as client:
        yield RelayerHttp(Transport(client, url, VenueClock()), KEY, VenueClock())


def saying(code: int, body: object, kind: str = "application/json") -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(status=code, body=raw, content_type=kind)

    return answer


def refusing(words: str) -> Answer:
    return saying(400, {"error": words})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusing("batch nonce 3 does not match on-chain nonce 5"), NonceMoved),
        (refusing("Wallet busy: another active action"), WalletBusy),
        (refusing("wallet has in-flight action"), WalletBusy),
        (refusing("insufficient funds"), Rejected),
        (saying(422, {"message": "bad call"}), Rejected),
        (saying(401, {"error": "invalid authorization"}), Rejected),
        (saying(403, b"<html>no</html>", "text/html"), Rejected),
        (saying(429, {"error": "rate limited"}), Unavailable),
        (saying(425, {}), Unavailable),
        (saying(400, b"<html>proxy</html>", "text/html"), OutcomeUnknown),
        (saying(500, {"error": "batch nonce 3 does not match on-chain nonce 5"}), OutcomeUnknown),
        (saying(502, b"<html>", "text/html"), OutcomeUnknown),
        (saying(302, {}), OutcomeUnknown),
        (saying(200, b"<html>", "text/html"), OutcomeUnknown),
        (saying(200, b'{"transactionID":"0190', "application/json"), OutcomeUnknown),
        (saying(200, {"transactionID": ""}), OutcomeUnknown),
        (saying(200, {"transactionID": "../x"}), OutcomeUnknown),
        (saying(200, {"transactionID": ID, "state": "STATE_NOVEL"}), OutcomeUnknown),
        (saying(200, {"error": "no"}), OutcomeUnknown),
    ],
)
async def test_what_an_answer_to_a_submission_proves(
    venue: VenueRest, relayer: RelayerHttp, answer: Answer, expected: type[PolycoolError]
) -> None:
    venue.answers["/submit"] = answer
    with pytest.raises(expected) as caught:
        await relayer.submit(b"{}")
    assert type(caught.value) is expected
    assert len(venue.seen) == 1


async def test_a_moved_turn_says_which_it_is_now(venue: VenueRest, relayer: RelayerHttp) -> None:
    venue.answers["/submit"] = refusing("Batch nonce 3 does not match on-chain nonce 5")
    with pytest.raises(NonceMoved) as caught:
        await relayer.submit(b"{}")
    assert (caught.value.submitted, caught.value.on_chain) == (3, 5)


async def test_the_recorded_answers_are_read(
    venue: VenueRest, relayer: RelayerHttp, fixtures_dir: Path
) -> None:
    examples = fixtures_dir.parent / "reference" / "wire_examples"
    if not examples.is_dir():
        pytest.skip(f"no examples at {examples}")

    def recorded(name: str) -> object:
        found: object = json.loads((examples / f"relayer_{name}.json").read_text())
        return found

    venue.answers = {
        "/submit": recorded("submit_response"),
        PARAMS: recorded("nonce_params"),
        f"/v1/account/transactions/{ID}": recorded("transaction"),
    }
    assert (await relayer.submit(b"{}")).id == ID
    assert await relayer.turn(known_key().address) == 0
    found = await relayer.transaction(ID)
    assert (found.state, found.hash) == (RelayerState.CONFIRMED, "0x" + "ef" * 32)


@pytest.mark.parametrize(
    "answer",
    [
        {"address": FUNDER, "nonce": "-1"},
        {"address": FUNDER, "nonce": "1.5"},
        {"address": FUNDER, "nonce": ""},
        {"address": FUNDER},
        {"address": FUNDER, "nonce": "9" * 40},
        text(b"<html>"),
        saying(500, {"nonce": "1"}),
        saying(404, {"nonce": "1"}),
    ],
)
async def test_a_turn_that_cannot_be_read_is_none(
    venue: VenueRest, relayer: RelayerHttp, answer: Any
) -> None:
    venue.answers[PARAMS] = answer
    with pytest.raises(Unavailable):
        await relayer.turn(Address(FUNDER))


@pytest.mark.parametrize(
    "answer",
    [
        {"transaction_id": "another", "state": "STATE_CONFIRMED", "transaction_hash": "0x1"},
        {"transaction_id": ID, "state": "STATE_NOVEL"},
        {"state": "STATE_CONFIRMED"},
        text(b'{"transaction_id":'),
        saying(404, {"error": "transaction not found"}),
    ],
)
async def test_an_answer_about_something_else_confirms_nothing(
    venue: VenueRest, relayer: RelayerHttp, answer: Any
) -> None:
    venue.answers[f"/v1/account/transactions/{ID}"] = answer
    with pytest.raises(Unavailable):
        await relayer.transaction(ID)


async def test_the_relayers_key_is_in_no_error(venue: VenueRest, relayer: RelayerHttp) -> None:
    venue.answers["/submit"] = saying(401, {"error": f"{KEY.key} is wrong"})
    with pytest.raises(Rejected) as caught:
        await relayer.submit(b"{}")
    assert KEY.key not in f"{caught.value} {KEY!r}"


def listed(**changes: object) -> dict[str, Any]:
    rows: list[dict[str, object]] = [
        {
            "id": str(number),
            "feature": "trading",
            "token": each.token.lower(),
            "spender": each.spender,
            "standard": each.standard.value,
            "approved": True,
            **({"amount": "max"} if each.standard is Standard.ERC20 else {}),
        }
        for number, each in enumerate(NEEDED)
    ]
    rows[0] |= changes
    rows.append({"id": "99", "token": "0x1", "spender": "0x2", "novel": []})
    return {"address": FUNDER.lower(), "chain_id": POLYGON, "checked_at": 1, "contracts": rows}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, 0),
        ({"approved": False}, 1),
        ({"amount": "0"}, 1),
        ({"amount": str(10**12)}, 1),
        ({"amount": str(2**256 - 10**12)}, 0),
    ],
)
async def test_approvals_are_read_from_the_rows_that_matter(
    venue: VenueRest, changes: dict[str, object], missing: int
) -> None:
    venue.answers["/v2/approvals"] = {"data": listed(**changes)}
    async with serving(venue) as url, asking(url) as http:
        assert await ApprovalList(http).missing(FUNDER) == NEEDED[:missing]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": listed() | {"address": known_key().address}},
        {"data": listed() | {"chain_id": 1}},
        {"data": listed(approved=None)},
        {"data": listed(amount="many")},
        {"data": listed(amount=None)},
        {"data": listed(standard="ERC1155")},
        {"data": listed() | {"contracts": []}},
        {"data": []},
        text(b"<html>"),
    ],
)
async def test_approvals_that_cannot_be_read_are_not_taken_for_given_or_missing(
    venue: VenueRest, answer: Any
) -> None:
    venue.answers["/v2/approvals"] = answer
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await ApprovalList(http).missing(FUNDER)
