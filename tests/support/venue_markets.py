"""Markets of the sandbox as the product's catalogue describes them."""

from decimal import Decimal

from core.domain.market import Market, Outcome
from core.domain.units import ConditionId, MarketId, Size, TokenId
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox


def market_of(sandbox: ExchangeSandbox, token: str) -> Market:
    listed, _ = sandbox.catalogue.by_token[token]
    return Market(
        id=MarketId(listed.id),
        condition_id=ConditionId(listed.condition_id),
        slug=listed.slug,
        question=listed.question,
        title=listed.title,
        outcomes=tuple(
            Outcome(name, TokenId(each))
            for name, each in zip(listed.outcomes, listed.tokens, strict=True)
        ),
        tick=Decimal(listed.tick) / 1_000_000,
        minimum_size=Size(Decimal(5)),
        neg_risk=listed.neg_risk,
    )
