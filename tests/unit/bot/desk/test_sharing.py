"""What of a private answer others may see."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.desk.model import Answer, AnswerRecord, Citation, Outcome, Readable, StoredAnswer, UsedPassage
from bot.desk.sharing import NOT_READABLE, NOTHING, ONLY_ORDERS, UNKNOWN_THERE, to_share

WHEN = datetime(2026, 3, 12, tzinfo=UTC)
THERE = Readable(("everyone", "public"))


def cited(passage: int, title: str) -> Citation:
    return Citation(passage, "q", title, "https://docs.example/a", "", WHEN)


ORDER = UsedPassage("order:EM-104233", "Your order EM-104233", "", 1.0, None, ("owner",), (1,))
POLICY = UsedPassage("p", "Returns", "", 0.9, 0.8, ("everyone",), (2,))
FEES = UsedPassage("f", "Fees", "", 0.8, 0.7, ("everyone",), (3,))
SENTENCES = (
    "EM-104233 was delivered on 12 November. [1] ",
    "So it can go back. [1][2]\n\n",
    "Items go back within 30 days. [2] ",
    "That holds for em-104233 too. [2] ",
    "Do you want to do that? ",
    "See [2] of the form. ",
    "It costs nothing. [2][3]",
)
STORED = StoredAnswer(
    "T:U1:1.0",
    "support",
    "q",
    "U1",
    Outcome.ANSWERED,
    "".join(SENTENCES),
    (cited(0, "Your order EM-104233"), cited(1, "Returns"), cited(2, "Fees")),
    WHEN,
    notice="It was checked long ago.",
)
RECORD = AnswerRecord(STORED, "C1", "1.0", "q", SENTENCES, (ORDER, POLICY, FEES))


def test_what_rests_on_documents_alone_is_shared_and_numbered_anew() -> None:
    """A sentence about the order goes, with those that cite it beside a document, name it, or have no source."""
    shared = to_share(RECORD, THERE)
    assert isinstance(shared, Answer)
    assert shared.text == "Items go back within 30 days. [1] It costs nothing. [1][2]"
    assert [one.title for one in shared.citations] == ["Returns", "Fees"]
    assert (shared.notice, shared.answered_at, shared.outcome) == (STORED.notice, WHEN, Outcome.ANSWERED)


def test_without_an_order_it_is_shared_as_it_is() -> None:
    """Its text as it was shown, also what has no source."""
    record = replace(RECORD, passages=(POLICY, FEES))
    shared = to_share(record, THERE)
    assert isinstance(shared, Answer)
    assert (shared.text, shared.citations) == (STORED.text, STORED.citations)


def test_nothing_is_shared_where_a_part_may_not_be_read() -> None:
    """Not even a part of it, and also for a passage that it does not cite: it was read when this was written."""
    for audience in ((), ("members",), ("group:S1",)):
        assert to_share(replace(RECORD, passages=(POLICY, replace(FEES, audience=audience, cited=()))), THERE) == (
            NOT_READABLE
        )
    assert to_share(replace(RECORD, passages=(POLICY,)), Readable(("public",), known=False)) == UNKNOWN_THERE


def test_what_is_about_orders_only_stays_with_their_owner() -> None:
    """Also an answer of which no sentences are kept: then nobody can tell what speaks of the order."""
    assert to_share(replace(RECORD, sentences=SENTENCES[:2]), THERE) == ONLY_ORDERS
    assert to_share(replace(RECORD, sentences=()), THERE) == ONLY_ORDERS
    abstained = replace(RECORD, answer=replace(STORED, outcome=Outcome.ABSTAINED))
    assert to_share(abstained, THERE) == NOTHING
