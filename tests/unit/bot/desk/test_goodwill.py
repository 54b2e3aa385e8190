"""Answers that were for one person alone."""

import pytest

from bot.desk.goodwill import reads_like_an_offer


@pytest.mark.parametrize(
    ("answer", "offer"),
    [
        ("I can offer you 10% off a different pair", True),
        ("As a gesture we send a new one.", True),
        ("Just this once I will take it back.", True),
        ("I’ve made an exception.", True),
        ("I've refunded the shipping.", True),
        ("We have credited $20 to the card.", True),
        ("I kept one aside for you at the store.", True),
        ("There is a 10% discount on it.", True),
        ("We'll gladly send you a voucher.", True),
        ("It does, with 30 W or more. With less it only keeps its level.", False),
        ("Opened earbuds can't be returned, unless they are defective.", False),
        ("You can return it within 30 days; bring the receipt.", False),
        ("Refunds are paid within 5 days.", False),
    ],
)
def test_what_reads_like_an_offer_to_one_person(answer: str, offer: bool) -> None:
    assert reads_like_an_offer(answer) is offer
