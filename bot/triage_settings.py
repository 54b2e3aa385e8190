"""[triage]: what complaints are about."""

from typing import Annotated

from pydantic import AfterValidator, Field, FilePath

from bot.section import Section

CATEGORIES = (
    "ACCOUNT_PRIVACY",
    "BILLING_PAYMENT",
    "DAMAGED_DELIVERY",
    "DEFECTIVE_PRODUCT",
    "ORDER_CHANGE",
    "PRICE_PROMOTION",
    "RETURN_REFUND",
    "SAFETY_HAZARD",
    "SERVICE_COMPLAINT",
    "SHIPPING_ISSUE",
    "WARRANTY_REPAIR",
    "WRONG_OR_MISSING_ITEM",
)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("each category once")
    return names


Category = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60)]


class TriageSettings(Section):
    """The classifier knows the default categories, or those of its own `layers`; others need Claude. `desks` empty:
    all."""

    enabled: bool = True
    desks: tuple[str, ...] = Field((), examples=[["support"]])
    categories: Annotated[tuple[Category, ...], Field(min_length=2), AfterValidator(_distinct)] = CATEGORIES
    layers: FilePath | None = None  # of the classifier, as `frontdesk eval fit` writes them
