"""Every window is one that Slack opens, whatever people and documents wrote."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.model import (
    Answer,
    AnswerRecord,
    Citation,
    Explanation,
    Outcome,
    PromptRef,
    StoredAnswer,
    Usage,
    UsedPassage,
    Verdict,
)
from bot.slack.asked_privately import AboutMessage
from bot.slack.modals import explained, feedback_modal, thanks_modal, verdict_of, why_modal
from bot.slack.private_blocks import private_forms, shared_forms
from ops.workspace.block_kit import check_blocks, check_view, strings
from ops.workspace.mentions import mentions

WHEN = datetime(2026, 3, 12, 9, 5, tzinfo=UTC)
KEY = "T0ELECTRO:U0SAM:1700000000.000100"
text = st.text(max_size=300) | st.sampled_from(["<!channel> <@U1>", "@here", "x" * 4000, "", "\x00"])
number = st.floats(-1, 1, allow_nan=False)
passage = st.builds(
    UsedPassage,
    chunk_id=st.just("c"),
    title=text,
    section=text,
    score=number,
    similarity=st.none() | number,
    audience=st.just(("everyone",)),
    cited=st.lists(st.integers(1, 999), max_size=3).map(tuple),
)
stored = st.builds(
    StoredAnswer,
    key=st.just(KEY),
    desk=st.just("support"),
    question=text,
    asker=st.just("U0SAM"),
    outcome=st.sampled_from(Outcome),
    text=text,
    citations=st.just(()),
    created_at=st.just(WHEN),
)
record = st.builds(
    AnswerRecord,
    answer=stored,
    channel=st.just("C1"),
    thread_ts=st.just("1.0"),
    searched=text,
    sentences=st.just(()),
    passages=st.just(()),
    prompt=st.none() | st.builds(PromptRef, text, text, st.just("0" * 64)),
    model=st.none() | text,
    index_version=st.none() | st.just(3),
    usage=st.none() | st.just(Usage(1, 2, 3, 4)),
    cost_usd=st.none() | st.just(0.1),
    timings_ms=st.sampled_from([{}, {"total": 1234.5}]),
)


@settings(max_examples=60, deadline=None)
@given(record, st.lists(passage, max_size=30), st.integers(0, 9), st.none() | st.integers(0, 9), st.booleans())
def test_why_is_a_window_of_anything(
    one: AnswerRecord, passages: list[UsedPassage], hidden: int, withheld: int | None, admin: bool
) -> None:
    view = explained(Explanation(one, tuple(passages), hidden, withheld), admin=admin)
    check_view(view, "modal")
    assert mentions({"text": "", "blocks": view["blocks"]}) == []
    assert ("cost" in " ".join(strings(view["blocks"][-1]))) is admin


@settings(max_examples=40, deadline=None)
@given(st.none() | st.builds(Verdict, st.just("down"), text, text))
def test_feedback_asks_in_a_window_of_anything(earlier: Verdict | None) -> None:
    check_view(feedback_modal(KEY, earlier), "modal")
    check_view(thanks_modal(), "modal")
    check_view(why_modal("One moment."), "modal")


def test_a_window_that_was_sent_half_is_a_verdict() -> None:
    """Whatever its state has; the thumb stands in any case."""
    for state in ({}, {"values": {}}, {"values": {"reason": {}, "comment": {"comment": {"value": None}}}}):
        assert verdict_of({"private_metadata": KEY, "state": state}) == (KEY, Verdict("down"))


def test_counts_are_said_in_words() -> None:
    answer = StoredAnswer(KEY, "d", "q", "U1", Outcome.ANSWERED, "x", (), WHEN)
    one = AnswerRecord(answer, "C1", "1.0", "q", (), ())
    seen = tuple(UsedPassage("c", "Returns", "", 0.5, None, ()) for _ in range(14))

    def said(explanation: Explanation) -> str:
        return " ".join(strings(explained(explanation, admin=False)["blocks"]))

    assert "And 2 more passages. 1 passage more, which" in said(Explanation(one, seen, 1, 2))
    assert "2 more documents fit and were left out: not everybody who sees this may read them." in said(
        Explanation(one, seen, 1, 2)
    )
    assert "left out" not in said(Explanation(one, seen, 0, None))
    assert "No document that fits was left out" in said(Explanation(one, seen, 0, 0))
    assert "And" not in said(Explanation(one, seen[:12], 0, 0))
    assert "answered 12 Mar 2026, 09:05 UTC" in said(Explanation(one, (), 0, 0))


@settings(max_examples=40, deadline=None)
@given(st.lists(text | st.text(min_size=1000, max_size=5000), max_size=9).map("\n\n".join), text, st.booleans())
def test_a_private_answer_and_a_shared_one_pass_no_limit(said: str, title: str, app: bool) -> None:
    """Whoever wrote the message, a person or an app; nobody is mentioned but the sharer, who shares it themselves."""
    citation = Citation(0, "q", title, "https://docs.example/a", title, WHEN)
    answer = Answer(Outcome.ANSWERED, said, citations=(citation,) * 9, notice=title)
    about = AboutMessage("C1", "1.0", None, "" if app else "U0DANA")
    forms = [*private_forms(answer, KEY, about), *shared_forms(answer, KEY, "U0SAM")]
    for message in [message for form in forms for message in form]:
        check_blocks(list(message.blocks))
        assert set(mentions({"text": message.text, "blocks": list(message.blocks)})) <= {"<@U0DANA>", "<@U0SAM>"}
