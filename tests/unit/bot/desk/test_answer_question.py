"""Every stage of an answer, with a small engine in place of index and model."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from bot.desk.answer_question import AnswerQuestion
from bot.desk.courtesy import PRESS_FOR_HUMAN
from bot.desk.errors import ModelRefused, ModelUnavailable, PromptInvalid, RetrievalUnavailable, StoreUnavailable
from bot.desk.look_up_sources import LookUpSources, snippet
from bot.desk.model import (
    Answer,
    Attachment,
    Citation,
    Desk,
    DraftEnd,
    DraftSentence,
    Intent,
    Interpreted,
    Outcome,
    Passage,
    Person,
    Place,
    Prompt,
    PromptRef,
    Question,
    Retrieval,
    StoredAnswer,
    Turn,
    Usage,
    incident_of,
)
from bot.desk.ports import OrderTools
from bot.desk.writing import CUT_SHORT, MODEL_DOWN
from bot.settings import AnsweringSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DESK = Desk("support", "electromart", sources=("docs",), escalation_channel="C1")
PASSAGE = Passage(
    chunk_id="c1",
    document_id="d1",
    source="docs",
    title="Returns policy",
    section="Short",
    text="You can return most items within 30 days. A receipt is needed.",
    url="https://help.example/returns",
    changed_at=NOW,
    position=0,
    score=1.0,
)
CITED = Citation(0, "You can return most items within 30 days.", "Returns policy", PASSAGE.url, "Short", NOW)
GOOD = DraftSentence("You have 30 days. ", (CITED,))
WRONG = DraftSentence("You have 90 days. ", (CITED,))
OFFER = DraftSentence("Would you like me to connect you to a human?")
LEAD = DraftSentence("Here is how:\n")
END = DraftEnd("claude-x", Usage(10, 5), 0.001)


@dataclass
class SmallEngine:
    """An Engine whose draft is given. An exception in it is raised when its turn comes."""

    draft: Sequence[DraftSentence | DraftEnd | Exception] = (GOOD, END)
    found: Retrieval | Exception = field(default_factory=lambda: Retrieval((PASSAGE,), (), 7, search_ms=2.0))
    asked: list[tuple[str, Sequence[str], Sequence[str]]] = field(default_factory=list)
    wrote_for: list[tuple[str, Sequence[Turn]]] = field(default_factory=list)
    quoted_for: list[tuple[str, Sequence[Turn]]] = field(default_factory=list)
    intent: Intent | None = None

    async def meant(self, text: str) -> Intent | None:
        return self.intent

    async def retrieve(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> Retrieval:
        self.asked.append((query, sources, audience))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def count_withheld(self, query: str, *, sources: Sequence[str], audience: Sequence[str]) -> int:
        return 0

    async def write(
        self,
        question: str,
        passages: Sequence[Passage],
        prompt: Prompt,
        turns: Sequence[Turn],
        *,
        orders: OrderTools | None = None,
        note: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> AsyncGenerator[DraftSentence | DraftEnd, None]:
        self.wrote_for.append((question, turns))
        for piece in self.draft:
            await asyncio.sleep(0)
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def quote(
        self,
        question: str,
        passages: Sequence[Passage],
        turns: Sequence[Turn],
        *,
        attachments: Sequence[Attachment] = (),
    ) -> AsyncGenerator[DraftSentence | DraftEnd, None]:
        self.quoted_for.append((question, turns))
        yield DraftSentence("A receipt is needed. ", (replace(CITED, quote="A receipt is needed."),))
        yield DraftEnd("extractive", cost_usd=0.0, notice="I quote the documents because no model is configured.")


@dataclass
class Desks:
    """The other ports in one: prompts, conversations, answers, stage."""

    said: Sequence[Turn] = ()
    saved: list[Answer] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    broken: Exception | None = None  # what the store raises

    def live(self, name: str) -> Prompt:
        if name != "electromart":
            raise PromptInvalid(f"there is no prompt {name}")
        return Prompt(PromptRef(name, "1.0.0", "ab" * 32), "text")

    async def turns(self, question: Question) -> Sequence[Turn]:
        return self.said

    async def save(self, question: Question, desk: str, answer: Answer) -> None:
        if self.broken:
            raise self.broken
        self.saved.append(answer)

    async def get(self, key: str) -> StoredAnswer | None:
        return None

    async def spent_since(self, at: datetime) -> float:
        return 0.0

    async def progress(self, text: str) -> None: ...

    async def sentence(self, sentence: DraftSentence) -> None:
        self.shown.append(sentence.text)


def question(text: str = "How long can I return a laptop?") -> Question:
    return Question("T:C:1", text, Person("U1"), Place("T", "C", "channel", shared=False), "1.0", NOW)


@dataclass
class Reader:
    """An Interpreter that reads everything as the same two questions."""

    asked: list[tuple[str, Sequence[Turn]]] = field(default_factory=list)

    async def interpret(self, message: str, turns: Sequence[Turn]) -> Interpreted:
        self.asked.append((message, turns))
        return Interpreted(("How long can I return it?", "What do I need?"), "German", Usage(7, 2), 0.002)


async def answered(
    engine: SmallEngine, around: Desks, text: str | None = None, desk: Desk = DESK, reader: Reader | None = None
) -> Answer:
    answer_question = AnswerQuestion(engine, around, around, around, AnsweringSettings(), interpreter=reader)
    answer = await answer_question(question(text) if text is not None else question(), desk, around)
    if not around.broken:
        assert around.saved == [answer], "each answer is stored, whatever it is"
    return answer


async def test_a_checked_answer_is_shown_sentence_by_sentence_and_recorded_whole() -> None:
    """What was shown is what is stored, with prompt, model, index version, tokens, cost and timings."""
    around = Desks()
    answer = await answered(SmallEngine(draft=(GOOD, OFFER, END)), around)
    assert answer.outcome is Outcome.ANSWERED
    assert around.shown == ["You have 30 days. [1] ", OFFER.text]
    assert answer.text == "".join(around.shown).strip()
    assert [citation.uri for citation in answer.citations] == [PASSAGE.url]
    assert answer.prompt == PromptRef("electromart", "1.0.0", "ab" * 32)
    assert (answer.model, answer.index_version, answer.usage, answer.cost_usd) == ("claude-x", 7, Usage(10, 5), 0.001)
    assert {
        "conversation",
        "retrieve",
        "search",
        "first_sentence",
        "write",
        "ground",
        "total",
        "own",
    } <= answer.timings_ms.keys()
    assert answer.timings_ms["own"] <= answer.timings_ms["total"]


async def test_only_what_everyone_may_read_is_searched() -> None:
    """In a channel the least privileged reader decides; the desk's sources are the only ones."""
    engine = SmallEngine()
    await answered(engine, Desks())
    assert engine.asked == [("How long can I return a laptop?", ("docs",), ("everyone", "public"))]


async def test_a_follow_up_is_searched_with_what_it_follows() -> None:
    """The search gets the standalone question, the writer the asker's own words and the thread."""
    engine = SmallEngine()
    said = [Turn("asker", "How long can I return a laptop?"), Turn("desk", "You have 30 days. [1]")]
    answer = await answered(engine, Desks(said=said), "and for headphones?")
    assert engine.asked[0][0] == answer.searched == "and for headphones? return"
    assert engine.wrote_for[0][0] == "and for headphones?"
    assert [turn.text for turn in engine.wrote_for[0][1]] == ["How long can I return a laptop?", "You have 30 days."]


async def test_what_a_model_reads_is_searched_for_question_by_question() -> None:
    """In the end the answer has what was searched for and what both calls cost; the writer has the message itself."""
    engine, reader = SmallEngine(), Reader()
    answer = await answered(engine, Desks(), "Wie lange kann ich das zurückgeben, und was brauche ich?", reader=reader)
    assert [asked for asked, *_ in engine.asked] == ["How long can I return it?", "What do I need?"]
    assert answer.searched == "How long can I return it? What do I need?"
    assert engine.wrote_for == [("Wie lange kann ich das zurückgeben, und was brauche ich?", ())]
    assert (answer.usage, answer.cost_usd) == (Usage(17, 7), 0.003)
    assert answer.timings_ms["interpret"] >= 0


async def test_without_the_writer_the_documents_are_quoted_for_what_was_read() -> None:
    """A German message would fit no sentence of an English page; what was read is paid for all the same."""
    engine = SmallEngine(draft=(ModelUnavailable("529"),))
    answer = await answered(engine, Desks(), "Wie lange kann ich das zurückgeben?", reader=Reader())
    assert engine.quoted_for == [("How long can I return it? What do I need?", ())]
    assert (answer.notice, answer.usage, answer.cost_usd) == (MODEL_DOWN, Usage(7, 2), 0.002)


async def test_what_the_engine_takes_for_another_language_is_read_by_the_model() -> None:
    engine, reader = SmallEngine(intent="foreign"), Reader()
    answer = await answered(engine, Desks(), "Voinko palauttaa avatut kuulokkeet?", reader=reader)
    assert answer.outcome is Outcome.ANSWERED
    assert [asked for asked, *_ in engine.asked] == ["How long can I return it?", "What do I need?"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("How do I report harassment anonymously?", Outcome.ANSWERED),
        ("how do I reach a real person?", Outcome.ESCALATED),
    ],
)
async def test_what_sounds_like_a_call_for_a_human_may_be_a_question(text: str, outcome: Outcome) -> None:
    """Whoever only wants to know where to report something is not named to humans."""
    assert (await answered(SmallEngine(intent="human"), Desks(), text)).outcome is outcome


async def test_a_plain_question_is_read_by_nobody() -> None:
    reader = Reader()
    answer = await answered(SmallEngine(), Desks(), reader=reader)
    assert reader.asked == []
    assert "interpret" not in answer.timings_ms


@pytest.mark.parametrize("text", ["", "thanks", "👍", "x" * 40_000])
async def test_what_asks_nothing_searches_nothing(text: str) -> None:
    engine = SmallEngine()
    answer = await answered(engine, Desks(), text)
    assert answer.outcome is Outcome.ASKED
    assert not engine.asked
    assert len(answer.text) < 200


async def test_nothing_found_abstains_with_the_nearest_and_a_human() -> None:
    """It says what was searched for and how fresh the nearest pages are; what the asker wrote can't do anything."""
    engine = SmallEngine(found=Retrieval((), (PASSAGE, replace(PASSAGE, section="<!here> [x](http://evil)")), 7))
    around = Desks()
    answer = await answered(engine, around, "What of <!channel> and [bananas](http://evil.example)?")
    assert answer.outcome is Outcome.ABSTAINED
    assert "bananas" in answer.text
    assert "Returns policy › Short (changed 1 Mar 2026 · not checked yet)" in answer.text
    assert "Talk to a human" in answer.text
    assert not any(mark in answer.text for mark in ("<", "](", "://", "@"))
    assert around.shown == []


async def test_what_was_searched_for_is_told_as_it_is_spelt() -> None:
    answer = await answered(
        SmallEngine(found=Retrieval((), (), 7)), Desks(), "what is __run_quota_reached__ and _this_?"
    )
    assert "I searched for “what is run_quota_reached and this?”" in answer.text


@pytest.mark.parametrize("draft", [(WRONG, END), (LEAD, WRONG, END), (WRONG, OFFER, END), (END,)])
async def test_nothing_valid_abstains(draft: tuple[DraftSentence | DraftEnd, ...]) -> None:
    """A draft without a sentence that holds shows nothing, not even its lead-in, and is paid for all the same."""
    around = Desks()
    answer = await answered(SmallEngine(draft=draft), around)
    assert answer.outcome is Outcome.ABSTAINED
    assert around.shown == []
    assert answer.nearest == (PASSAGE,)
    assert answer.usage in (Usage(10, 5), Usage(20, 10)), "a draft with something to repair is written twice"


async def test_a_question_back_is_asked() -> None:
    answer = await answered(SmallEngine(draft=(DraftSentence("Which model do you have? "), END)), Desks())
    assert (answer.outcome, answer.text) == (Outcome.ASKED, "Which model do you have?")


async def test_what_needs_no_source_waits_for_what_has_one() -> None:
    """A lead-in is shown once its first source is; one that leads to nothing is dropped."""
    around = Desks()
    await answered(SmallEngine(draft=(LEAD, GOOD, LEAD, WRONG, END)), around)
    assert around.shown == ["Here is how:\n", "You have 30 days. [1] "]


async def test_without_the_model_the_documents_are_quoted() -> None:
    """An outage of the model has a notice and an answer."""
    answer = await answered(SmallEngine(draft=(ModelUnavailable("529"),)), Desks())
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == "A receipt is needed. [1]"
    assert answer.notice == MODEL_DOWN
    assert answer.model == "extractive"


async def test_a_draft_that_broke_off_stays_and_says_so() -> None:
    broken = replace(END, complete=False)
    answer = await answered(SmallEngine(draft=(GOOD, broken)), Desks())
    assert (answer.text, answer.notice, answer.outcome) == ("You have 30 days. [1]", CUT_SHORT, Outcome.ANSWERED)
    quoted = await answered(SmallEngine(draft=(WRONG, broken)), Desks())
    assert (quoted.notice, quoted.usage) == (MODEL_DOWN, END.usage)


async def test_a_refusal_is_said_and_offers_a_human() -> None:
    answer = await answered(SmallEngine(draft=(ModelRefused("declined"),)), Desks())
    assert answer.outcome is Outcome.ABSTAINED
    assert ModelRefused.public in answer.text
    assert "Talk to a human" in answer.text


@pytest.mark.parametrize(
    ("failure", "public"),
    [(RetrievalUnavailable("qdrant at secret-host"), RetrievalUnavailable.public), (KeyError("secret"), "went wrong")],
)
async def test_an_outage_fails_visibly(failure: Exception, public: str) -> None:
    """The search being away is no empty result: a sentence for people, an incident id, nothing of the exception."""
    answer = await answered(SmallEngine(found=failure), Desks())
    assert answer.outcome is Outcome.FAILED
    assert public in answer.text
    assert "secret" not in answer.text
    assert answer.incident == incident_of("T:C:1")
    assert answer.incident in answer.text


async def test_a_prompt_that_cannot_be_used_fails_visibly() -> None:
    answer = await answered(SmallEngine(), Desks(), desk=replace(DESK, prompt="none"))
    assert answer.outcome is Outcome.FAILED


async def test_an_answer_that_cannot_be_stored_is_given() -> None:
    around = Desks(broken=StoreUnavailable("disk full"))
    answer = await answered(SmallEngine(), around)
    assert answer.outcome is Outcome.ANSWERED
    assert around.shown


async def test_a_call_for_a_human() -> None:
    """It escalates where humans are, and says so where there are none."""
    engine = SmallEngine()
    assert (await answered(engine, Desks(), "I want to talk to a human")).outcome is Outcome.ESCALATED
    blamed = await answered(engine, Desks(), "That was no help. I want to talk to a human.")
    assert blamed.outcome is Outcome.ESCALATED
    alone = await answered(engine, Desks(), "I want to talk to a human", replace(DESK, escalation_channel=None))
    assert alone.outcome is Outcome.ABSTAINED
    said = (Turn("asker", "Where is my parcel?"), Turn("desk", "You can ask for a human."))
    assert (await answered(engine, Desks(said), "yes")).text == PRESS_FOR_HUMAN
    agreed = await answered(engine, Desks(said), "yes", replace(DESK, escalation_channel=None))
    assert agreed.text == alone.text
    assert not engine.asked


async def test_sources_are_grouped_by_document() -> None:
    """The best document's sections first, each with the line that fits and no search by people who may not see it."""
    other = replace(PASSAGE, chunk_id="c2", document_id="d2", title="Fees")
    second = replace(PASSAGE, chunk_id="c3", section="Receipts", text="Nothing. A receipt is needed. Nothing.")
    engine = SmallEngine(found=Retrieval((PASSAGE, other, second), (), 7))
    hits = (await LookUpSources(engine)("receipt", DESK, ("everyone",))).hits
    assert [(hit.document_id, hit.section) for hit in hits] == [("d1", "Short"), ("d1", "Receipts"), ("d2", "Short")]
    assert all("receipt" in hit.snippet for hit in hits)
    assert engine.asked[0][2] == ("everyone",)


def test_a_snippet_is_short_and_shows_where_it_was_cut() -> None:
    text = "First sentence here. " * 20 + "A receipt is needed. " + "Last sentence here. " * 20
    found = snippet(text, "receipts")
    assert len(found) <= 200
    assert found.startswith("…")
    assert found.endswith("…")
    assert "A receipt is needed." in found
    assert snippet("Short.", "x") == "Short."
    assert len(snippet("word " * 200, "x")) <= 200


@pytest.mark.parametrize(
    ("text", "intent", "greeted"),
    [
        ("that was not correct", None, False),
        ("wrong", None, False),
        ("well that went badly", "courtesy", False),
        ("you made my day", "courtesy", True),
    ],
)
async def test_a_complaint_is_not_greeted(text: str, intent: Intent | None, greeted: bool) -> None:
    engine = SmallEngine(intent=intent)
    answer = await answered(engine, Desks(), text)
    assert answer.outcome is Outcome.ASKED
    assert ("Good to hear from you" in answer.text) is greeted
    assert ("Talk to a human" in answer.text) is not greeted
    assert not engine.asked
