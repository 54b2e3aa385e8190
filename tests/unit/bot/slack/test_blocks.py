"""Messages are within Slack's limits whatever the answer holds, as the workspace's own tables check them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.model import Answer, Citation, Outcome, SourceHit
from bot.slack.blocks import closing_blocks, found
from bot.slack.forms import answer_parts
from ops.workspace.block_kit import check_blocks
from ops.workspace.mentions import mentions

WHEN = datetime(2026, 3, 12, tzinfo=UTC)
KEY = "T0ELECTRO:C0SUPPORT:1700000000.000100"
text = st.text(max_size=300) | st.sampled_from(
    ["<!channel> <@U1>", "@here", "x" * 4000, "", "[a](https://evil.example)"]
)
url = st.sampled_from(
    ["https://docs.example/" + "x" * 2500, "https://docs.example/a", "returns/policy.md", "", "javascript:x"]
)
citation = st.builds(
    Citation,
    passage=st.just(0),
    quote=text,
    title=text,
    uri=url,
    section=text,
    changed_at=st.just(WHEN),
    version=st.none() | text,
    verified_at=st.none() | st.just(WHEN),
)
answer = st.builds(
    Answer,
    outcome=st.sampled_from(Outcome),
    text=st.lists(text | st.text(min_size=1000, max_size=5000), max_size=9).map("\n\n".join),
    citations=st.lists(citation, max_size=20).map(tuple),
    notice=text,
    incident=st.none() | st.just("FD-12345678"),
)


def cited(number: int, title: str = "Returns", section: str = "Refunds") -> Citation:
    return Citation(0, f"q{number}", title, f"https://docs.example/{title}", section, WHEN)


@settings(max_examples=60, deadline=None)
@given(answer)
def test_no_answer_passes_a_limit_or_mentions_anybody(one: Answer) -> None:
    """In every form: the best passes the workspace's checks of Block Kit, and no text notifies anybody."""
    for part in answer_parts(one, KEY):
        best, *plainer = part.forms()
        check_blocks(list(best[0].blocks))
        for message in (*best, *(message for form in plainer for message in form)):
            assert len(message.text) <= 4_000
            assert mentions({"text": message.text, "blocks": list(message.blocks)}) == []


@settings(max_examples=60, deadline=None)
@given(text, st.lists(st.builds(SourceHit, text, text, text, text, text, url, st.just(WHEN)), max_size=12))
def test_no_list_of_sources_passes_a_limit(words: str, hits: list[SourceHit]) -> None:
    """Private or shared, for whatever was searched and found."""
    check_blocks(list(found(hits, words, WHEN, share=words[:300]).blocks))
    check_blocks(list(found(hits, words, WHEN, by="U1").blocks))


def test_sources_are_numbered_as_the_marks_in_the_text() -> None:
    """[1] and [3] are one place: one line with both marks, linked, and how fresh it is."""
    one = Answer(Outcome.ANSWERED, "A [1]. B [2]. C [3].", citations=(cited(1), cited(2, "Shipping"), cited(3)))
    fresh = {"version": "v3.2, March 2026", "verified_at": WHEN - timedelta(minutes=5)}
    one = replace(one, answered_at=WHEN, citations=(one.citations[0], replace(one.citations[1], **fresh), cited(3)))
    sources = closing_blocks(one, KEY)[0]["elements"][0]["elements"]
    assert "".join(part["text"] for part in sources) == (
        "Sources\n[1][3] Returns › Refunds · changed 12 Mar 2026 · not checked yet\n"
        "[2] Shipping › Refunds · v3.2, March 2026 · changed 12 Mar 2026 · checked 5 min ago"
    )
    assert [part["url"] for part in sources if part["type"] == "link"] == [
        "https://docs.example/Returns",
        "https://docs.example/Shipping",
    ]


def test_what_follows_each_outcome() -> None:
    """Feedback where something was answered; a way to a human wherever the bot did not just chat."""

    def kinds(outcome: Outcome, said: str = "x") -> list[str]:
        return [block["type"] for block in closing_blocks(Answer(outcome, said), KEY)]

    assert kinds(Outcome.ANSWERED) == ["context_actions", "actions"]
    assert kinds(Outcome.ABSTAINED) == ["context_actions", "actions"]
    assert kinds(Outcome.FAILED) == ["actions"]
    assert kinds(Outcome.ASKED) == []
    assert kinds(Outcome.ASKED, "Press *Talk to a human* below") == ["actions"]
    assert kinds(Outcome.ESCALATED) == []
