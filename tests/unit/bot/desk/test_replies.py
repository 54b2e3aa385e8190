"""Who says what in a thread of the desk's, without addressing it; and whether it is answered."""

import pytest

from bot.desk.model import Exchange
from bot.desk.replies import joins_in, meant_for_the_desk

ALONE = Exchange("You can return it within 30 days. [1]", people_since=False)
OFFERED = Exchange("I couldn't find it. Press *Talk to a human* and somebody takes it from here.", people_since=False)
AMONG_OTHERS = Exchange(ALONE.said, people_since=True)
LIMIT = 8_000


@pytest.mark.parametrize(
    "text",
    [
        "and with Plus?",
        "what about without a receipt",
        "and when do I get the refund?",
        "EM-104233",
        "my order is EM-104233",
        "the blue one",
        "headphones",
        "and for headphones",
        "same for headphones",
        "without a receipt",
        "in Germany",
        "I bought it in March and the box is open",
        "I need to return three of them",
        "I'll need an invoice, too",
        "let me know if it ships abroad",
        "I sent it back two weeks ago and got no refund",
        "it smells burnt",
        "I'll call you tomorrow. The charger smells burnt.",
        "I'll see my lawyer about this",
        "I will cancel my order if it isn't here tomorrow",
        "I'm going to return it",
        "I'll go with the Pro plan, how do I upgrade",
        "I'll try it, but it still shows error 5",
        "I told them twice already and nothing happened",
        "let me explain: the left one is silent",
        "I'll check EM-104233",
        "that's not right, we changed it in October",
        "I want to talk to a human",
        "thanks!",
        "great, thank you so much",
        "thanks, that helps a lot",
        "bye",
        "help",
        "und ohne Kassenbon?",
        "how do I return " + "this and that " * 1000,
    ],
)
def test_whoever_asked_the_desk_goes_on_talking_to_it(text: str) -> None:
    """Questions, however terse, what they tell it, complaints; and their thanks get a reply."""
    assert meant_for_the_desk(text, ALONE, LIMIT) == "asked"


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "ok, cool",
        "lol same",
        "+1",
        ":+1:",
        "never mind",
        "hmm",
        "I'm on it",
        "ok, closing this",
        "Done, I've told her.",
        "I'll call the customer tomorrow morning",
        "ok great, I will wait",
        "let me check with the warehouse and get back to you",
        "Thanks Alex!",
        "thanks Sam, that helps",
        "makes sense",
        "good to know",
        "on it",
        "",
    ],
)
def test_remarks_of_the_asker_get_nothing(text: str) -> None:
    assert meant_for_the_desk(text, ALONE, LIMIT) is None


@pytest.mark.parametrize("text", ["yes", "ok", "yes please"])
def test_a_yes_answers_the_offer_of_a_human(text: str) -> None:
    assert meant_for_the_desk(text, OFFERED, LIMIT) == "asked"


def test_a_file_without_words_is_for_the_desk_as_its_asker_s_words_are() -> None:
    assert meant_for_the_desk("", ALONE, LIMIT, files=True) == "asked"
    assert meant_for_the_desk("", AMONG_OTHERS, LIMIT, files=True) is None
    assert meant_for_the_desk("", None, LIMIT, files=True) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("and how long does shipping take?", "asked"),
        ("what about without a receipt", "asked"),
        ("and with Plus?", "asked"),
        ("can I return opened earbuds?", "unasked"),
        ("and what do you think?", None),
        ("and I told them", None),
        ("what do you think, Alex?", None),
        ("did they reply?", None),
        ("I want to talk to a human", "asked"),
        ("EM-104233", None),
        ("the blue one", None),
        ("it smells burnt", None),
        ("thanks!", None),
        ("ok great, I will wait", None),
    ],
)
def test_once_somebody_else_wrote_the_asker_talks_to_them(text: str, meant: str | None) -> None:
    """What plainly goes on is answered, another whole question where the desk is sure; a call for a human is one."""
    assert meant_for_the_desk(text, AMONG_OTHERS, LIMIT) == meant


def test_what_the_policy_calls_a_human_to_is_heard_from_an_asker() -> None:
    """Whoever else wrote; of others it is for the people there."""
    for exchange, meant in ((ALONE, "asked"), (AMONG_OTHERS, "asked"), (None, None)):
        assert meant_for_the_desk("I'll wait, the battery is on fire", exchange, LIMIT, urgent=True) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("how long does shipping take for laptops?", "unasked"),
        ("can you send me the ticket number?", "unasked"),
        ("and for headphones?", None),
        ("right?", None),
        ("what did she say about the refund?", None),
        ("I had the same thing last week, took ages.", None),
        ("I asked the warehouse about it, they will call back tomorrow.", None),
        ("yes, Monday was crazy, the whole team was ill", None),
        ("that's not right, we changed it in October", None),
        ("hm I think Priya wrote that page", None),
        ("EM-104233", None),
        ("thanks!", None),
        ("+1", None),
        ("I want to talk to a human", None),
    ],
)
def test_others_talk_to_each_other(text: str, meant: str | None) -> None:
    """Who never put anything to the desk there: a whole question of theirs is answered where the desk is sure."""
    assert meant_for_the_desk(text, None, LIMIT) == meant


@pytest.mark.parametrize(
    ("text", "joins"),
    [
        ("+1", False),
        ("lol same", False),
        (":tada:", False),
        ("thanks!", False),
        ("I'm on it", True),
        ("30 days, Dana", True),
        ("did you try it with a receipt?", True),
    ],
)
def test_who_joins_in_takes_the_asker_from_the_desk(text: str, joins: bool) -> None:
    assert joins_in(text, LIMIT) is joins
