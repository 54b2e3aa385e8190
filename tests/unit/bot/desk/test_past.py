"""Old rules are asked for by what names them, not by something old that the asker has or did."""

import pytest

from bot.desk.past import about_the_past


@pytest.mark.parametrize(
    "question",
    [
        "What was the return period in the old 2024 policy?",
        "How many remote days a week did the old remote policy give?",
        "What did the previous version of the policy say?",
        "And under the former rules?",
        "What were the older core hours?",
        "How much was it on last year's price list?",
        "What does v2.1 say?",
        "How many requests a minute did a Starter token have in API v2?",
        "Who did version 2 apply to?",
        "What did express cost last year?",
        "How much did mailing a return use to cost?",
        "How long was the return period before March 2026?",
        "What did you charge for express back in 2025?",
        "What did the superseded one say?",
        "What did express shipping cost before?",
        "What was the fee until June?",
    ],
)
def test_it_asks_for_an_old_rule(question: str) -> None:
    assert about_the_past(question)


@pytest.mark.parametrize(
    "question",
    [
        "I ordered earlier today, what does mailing a return cost?",
        "My contract is old, what are the core hours?",
        "My gateway is 14 months old, is it still under the Pro warranty?",
        "My headphones are three weeks old, how long do I have to return them?",
        "I want to give back my old TV, how long is the return period?",
        "How long is the return period for my old TV?",
        "What price do I get for my old phone?",
        "Can I trade my old phone in for the list price?",
        "I worked from home earlier, how many remote days a week are there?",
        "What does express shipping cost? My old order had it free.",
        "How old do I have to be to trade in a phone?",
        "My internet has been down for the past 24 hours, what credit do I get?",
        "Can I return what I bought over the past few weeks within the limits?",
        "I used to work in Berlin, what are the core hours?",
        "What is the hygiene seal used to protect?",
        "My previous order was late. What does shipping cost?",
        "When did I order last year, and what is the return period?",
        "What does mailing a return cost? It was cheap for my sister, and I have been a member since May.",
    ],
)
def test_something_old_is_no_old_rule(question: str) -> None:
    assert not about_the_past(question)
