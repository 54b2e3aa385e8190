"""What complaints are about, in words. Pure."""

_WORDS = {
    "ACCOUNT_PRIVACY": "Account or privacy",
    "BILLING_PAYMENT": "Billing or payment",
    "DAMAGED_DELIVERY": "Damaged delivery",
    "DEFECTIVE_PRODUCT": "Defective product",
    "ORDER_CHANGE": "Change of an order",
    "PRICE_PROMOTION": "Price or promotion",
    "RETURN_REFUND": "Return or refund",
    "SAFETY_HAZARD": "Safety hazard",
    "SERVICE_COMPLAINT": "Complaint about the service",
    "SHIPPING_ISSUE": "Shipping",
    "WARRANTY_REPAIR": "Warranty or repair",
    "WRONG_OR_MISSING_ITEM": "Wrong or missing item",
}


def category_in_words(category: str) -> str:
    """One of somebody's own is told as they wrote it."""
    return _WORDS.get(category, category)
