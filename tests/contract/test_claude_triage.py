"""Claude's triage against its wire, and the classifier behind it: no reply makes a malformed record."""

import json

import pytest
from pydantic import SecretStr

from bot.desk.beside import Beside, beside
from bot.desk.order_numbers import OrderNumbers
from bot.desk.triage import Triage, TriageRecord
from bot.engine.claude_api import ClaudeApi
from bot.engine.claude_triage import ClaudeTriager
from bot.engine.triage import MADE_BY, Classifier
from bot.prompting import PromptLibrary
from bot.settings import ModelSettings
from bot.triage_settings import CATEGORIES
from ingest.index import IndexSettings, make_embedder
from ops.config import PACKAGE_PROMPTS
from tests.fakes.claude import KEY, Broken, ClaudeDouble, HttpError, Reply, Stall, Step, Text

EMBEDDER = make_embedder(IndexSettings())
PROMPT = PromptLibrary([PACKAGE_PROMPTS]).live("triage")
SMOKE = "Order EM-118402: smoke came out of the plug of my Orrin 9 charger and the outlet is black. I want a manager."
GOOD = {
    "is_complaint": True,
    "category": "SAFETY_HAZARD",
    "severity": 5,
    "requires_escalation": True,
    "language": "en",
    "product": "Orrin 9",
    "confidence": 0.97,
}
FIELDS = ["complaint", "category", "severity", "requires_escalation"]


def named(text: str) -> Beside:
    return beside(text, OrderNumbers(("EM-######",)))


CLASSIFIER = Classifier(EMBEDDER.embed, lambda: EMBEDDER.fingerprint, CATEGORIES, named)


async def triaged(
    claude: ClaudeDouble, text: str = SMOKE, deadline_s: float = 5.0, *, escalated: bool = False
) -> TriageRecord | None:
    api = ClaudeApi(ModelSettings(api_key=SecretStr(KEY), base_url=claude.url, retries=0))
    try:
        made = ClaudeTriager(api, PROMPT, CATEGORIES, CLASSIFIER, named, deadline_s=deadline_s)
        return await made.triage(text, escalated=escalated)
    finally:
        await api.close()


def says(text: object, stop_reason: str = "end_turn") -> Reply:
    return Reply([Text(text if isinstance(text, str) else json.dumps(text))], stop_reason, chunk=200)


def but(**changed: object) -> dict[str, object]:
    return {**GOOD, **changed}


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in GOOD.items() if key != name}


MALFORMED: list[object] = [  # replies, or their texts
    "", " ", "null", "true", "5", '"SAFETY_HAZARD"', "[]", "{}", "no JSON at all", json.dumps(GOOD)[:-1],
    json.dumps(GOOD)[:40], f"```json\n{json.dumps(GOOD)}\n```", f"Here it is: {json.dumps(GOOD)}", f"{json.dumps(GOOD)} x",
    str(GOOD), json.dumps([GOOD]), json.dumps({"triage": GOOD}), "{'category': 1}", "<category>SAFETY</category>", "{]",
    *(without(name) for name in GOOD),
    but(category="FIRE"), but(category="safety_hazard"), but(category=""), but(category=None), but(category=3),
    but(category=["SAFETY_HAZARD"]), but(category="SAFETY_HAZARD, DEFECTIVE_PRODUCT"),
    but(severity=0), but(severity=6), but(severity=-1), but(severity=4.5), but(severity="5"), but(severity="high"),
    but(severity=None), but(severity=[5]), but(severity=10**30), but(severity=True),
    but(requires_escalation="yes"), but(requires_escalation=1), but(requires_escalation=None),
    but(is_complaint="true"), but(is_complaint=None), but(language=None), but(language=["en"]),
    but(product=None), but(product="x" * 200), but(confidence=1.2), but(confidence=-0.1), but(confidence="sure"),
    but(note="extra"), but(complaint="something else"),
    says("", "refusal"), says("I can't help with that.", "refusal"), says(GOOD, "refusal"),
    says("", "max_tokens"), says(json.dumps(GOOD)[:30], "max_tokens"), says(GOOD, "max_tokens"),
    Broken(says(GOOD), 3), Broken(says(GOOD), 3, "error"), Broken(says(GOOD), 3, "reset"), Stall(says(GOOD), 3),
]  # fmt: skip


def valid(record: TriageRecord | None) -> TriageRecord:
    assert record is not None
    assert list(json.loads(record.triage.model_dump_json())) == FIELDS
    assert Triage.model_validate(record.triage.model_dump()) == record.triage
    assert record.triage.category in CATEGORIES
    assert record.triage.complaint == SMOKE
    assert 0 <= record.confidence <= 1
    return record


def test_there_are_at_least_forty_malformed_replies() -> None:
    assert len(set(map(repr, MALFORMED))) == len(MALFORMED) >= 40


async def test_claude_fills_in_the_record(claude: ClaudeDouble) -> None:
    """The complaint is what was written; an order is found by its mask; what was written is data in a message."""
    claude.script([says(GOOD)])
    record = valid(await triaged(claude))
    assert (record.triage.category, record.triage.severity, record.triage.requires_escalation) == (
        "SAFETY_HAZARD", 5, True,
    )  # fmt: skip
    assert (record.language, record.order, record.product) == ("English", "EM-118402", "Orrin 9")
    assert record.made_by.startswith("claude claude-")
    [request] = claude.requests
    assert request["system"] == PROMPT.text
    assert json.loads(request["messages"][0]["content"][0]["text"]) == {"message": SMOKE}
    assert request["output_config"]["format"]["schema"]["properties"]["category"]["enum"] == list(CATEGORIES)


@pytest.mark.parametrize("malformed", MALFORMED, ids=str)
async def test_a_malformed_reply_is_repaired_once_else_the_classifiers(claude: ClaudeDouble, malformed: object) -> None:
    """Also an empty, a refused and a cut one. Told what was wrong, Claude may mend it; wrong twice, the classifier
    triages."""
    step = malformed if isinstance(malformed, Reply | Broken | Stall) else says(malformed)
    deadline_s = 0.5 if isinstance(step, Stall) else 5.0
    claude.script([step, says(GOOD)])
    mended = valid(await triaged(claude, deadline_s=deadline_s))
    assert mended.made_by.startswith("claude")
    assert "does not fit the form" in claude.requests[-1]["messages"][-1]["content"]
    claude.script([step, step])
    assert valid(await triaged(claude, deadline_s=deadline_s)).made_by == MADE_BY
    assert len(claude.requests) == 4
    assert claude.left == 0


@pytest.mark.parametrize("step", [HttpError(529), HttpError(401), HttpError(500), Stall(says(GOOD))], ids=str)
async def test_without_a_reply_the_classifier_triages(claude: ClaudeDouble, step: Step) -> None:
    """An outage is not asked again."""
    claude.script([step])
    record = valid(await triaged(claude, deadline_s=0.3))
    assert record.made_by == MADE_BY
    assert record.triage.category == "SAFETY_HAZARD"
    assert len(claude.requests) == 1


async def test_what_claude_does_not_take_for_a_complaint_has_no_record(claude: ClaudeDouble) -> None:
    claude.script([says(but(is_complaint=False))])
    assert await triaged(claude) is None
    assert len(claude.requests) == 1


async def test_claude_is_not_asked_about_plain_questions(claude: ClaudeDouble) -> None:
    assert await triaged(claude, "How long can I return a laptop?") is None
    assert await triaged(claude, "  ") is None
    assert claude.requests == []


async def test_what_a_human_was_called_for_has_a_record(claude: ClaudeDouble) -> None:
    claude.script([says(but(is_complaint=False)), HttpError(500)])
    asked = "How long can I return a laptop?"
    records = [await triaged(claude, asked, escalated=True) for _ in range(2)]
    assert [record and record.made_by.split()[0] for record in records] == ["claude", MADE_BY]


async def test_a_product_that_the_text_does_not_name_is_not_kept(claude: ClaudeDouble) -> None:
    claude.script([says(but(product="Halden Book 14", language="xx"))])
    record = valid(await triaged(claude))
    assert (record.product, record.language) == (None, "English")


async def test_a_blank_form_is_not_a_record(claude: ClaudeDouble) -> None:
    """Of the right types and out of its limits (severity 0), twice: the API holds a model to types alone."""
    assert valid(await triaged(claude)).made_by == MADE_BY
    assert len(claude.requests) == 2
