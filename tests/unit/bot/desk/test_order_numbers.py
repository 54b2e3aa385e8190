"""Order numbers in any spelling, and which messages are about the asker's own orders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.order_numbers import OrderNumbers

NUMBERS = OrderNumbers(("EM-######",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("em 104233", ["EM-104233"]),
        ("EM104233", ["EM-104233"]),
        ("#em-104233", ["EM-104233"]),
        ("EM–104233?", ["EM-104233"]),
        ("em_104233, and Em - 104444.", ["EM-104233", "EM-104444"]),
        ("order no. 104437", ["EM-104437"]),
        ("order 104437", ["EM-104437"]),
        ("my order number is 104437", ["EM-104437"]),
        ("order #104437", ["EM-104437"]),
        ("104437", ["EM-104437"]),
        (" #104437 ", ["EM-104437"]),
        ("EM-104233 EM-104233", ["EM-104233"]),
        ("EM 100 129", ["EM-100129"]),
        ("em-10-01-29, EM 100.147", ["EM-100129", "EM-100147"]),
        ("EM-104233 250 dollars", ["EM-104233"]),
        ("EM-10423 3 items", []),
        ("call 1-555-104233", []),
        ("EM-1042331", []),
        ("EM-10423", []),
        ("XEM-104233", []),
        ("order 104437.50 please", []),
        ("it cost 104437 dollars", []),
        ("the tag says VEM-104233-B", []),
    ],
)
def test_numbers(text: str, found: list[str]) -> None:
    assert list(NUMBERS.within(text)) == found


@given(digits=st.text("0123456789", min_size=6, max_size=6), between=st.sampled_from(["", "-", " ", " - ", "_", "–", "#"]), prefix=st.sampled_from(["em", "EM", "Em"]), around=st.sampled_from(["{}", "where is {}?", "({})", "#{}", "{}, please", "my order\n{}"]))  # fmt: skip
def test_any_spelling_is_one_number(digits: str, between: str, prefix: str, around: str) -> None:
    text = around.format(f"{prefix}{between}{digits}")
    assert NUMBERS.within(text) == (f"EM-{digits}",)
    assert digits not in NUMBERS.without(text)


@given(st.text(max_size=200))
def test_whatever_is_found_fits_the_mask(text: str) -> None:
    assert all(len(one) == 9 and one.startswith("EM-") and one[3:].isdigit() for one in NUMBERS.within(text))


def test_other_companies_masks() -> None:
    assert OrderNumbers(("######",)).within("what about 104233, paid $104233?") == ("104233",)
    assert OrderNumbers(("W##-####",)).within("w12 3456 and W-123456") == ("W12-3456",)
    assert OrderNumbers(("EM-######", "ST-####")).within("st 1234, em104233") == ("ST-1234", "EM-104233")


@pytest.mark.parametrize(
    "text",
    ["my orders", "show me my orders", "where is my stuff", "Where's my package?", "has my package shipped", "has my order shipped yet?", "my package hasn't arrived", "when will my order arrive?", "did my order ship", "track my parcel", "what did I order", "where is the dock I ordered?", "where's my refund", "status of my order", "what happened to my order?", "My order still isn't here", "Where is my package and how long do I have to return it?", "Where is my order and can I return it?", "why is my order delayed?", "my package never came", "my delivery is late", "My order is late and it's a gift, can I get my money back?", "order status", "the parcel tracking please", "did my refund go through?", "I ordered a lamp last week, has it shipped?", "I bought two lamps. Where are they?"],
)  # fmt: skip
def test_this_is_about_ones_own_orders(text: str) -> None:
    request = NUMBERS.request(text)
    assert request is not None
    assert request.mine


@pytest.mark.parametrize(
    "text",
    ["When can I return my order?", "How long do I have to return my order?", "Can I cancel my order?", "How do refunds work?", "Where can I return my order?", "Do you ship to Alaska?", "what are the shipping costs", "My headphones are broken", "Is my old phone worth something?", "track record", "What if my delivery is late?", "what does the order status mean", "Can I return and exchange my order?", "I bought a lamp, can it be returned?"],
)  # fmt: skip
def test_this_is_about_the_policy(text: str) -> None:
    assert NUMBERS.request(text) is None


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Where is EM-104233?", False),
        ("Hi, can you check EM-104233 for me please", False),
        ("has my package shipped", False),
        ("Where is EM-104233, and what does express shipping cost?", True),
        ("Until when can I send back EM-104233?", True),
        ("When was EM-104233 delivered and what did it cost?", False),
        ("Where is EM-104233 and how much does shipping cost?", True),
        ("Which carrier has EM-104233, and was it paid?", False),
        ("Where is my package and how long do I have to return it?", True),
        ("why is my order delayed?", False),
        ("order status", False),
        ("my package never came", False),
    ],
)
def test_what_the_documents_are_needed_for(text: str, more: bool) -> None:
    request = NUMBERS.request(text)
    assert request is not None
    assert request.more is more


def test_a_follow_up_means_the_number_that_was_named_last() -> None:
    earlier = ["EM-104233?", "and em 104444", "thanks"]
    request = NUMBERS.request("when was it delivered?", earlier, follows=True)
    assert request is not None
    assert request.numbers == ("EM-104444",)
    assert NUMBERS.request("what does express cost?", earlier) is None
