"""When a desk calls a human though nobody asked for one."""

import pytest
from pydantic import ValidationError

from bot.desk.handover import calls, handover, rule_of
from bot.desk.human_path import HandoverReason
from bot.desk.model import Outcome
from bot.desk.triage import Triage
from bot.handover_settings import HandoverSettings

ANSWERED, ABSTAINED, ASKED = Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.ASKED
POLICY, TWICE = HandoverReason.POLICY, HandoverReason.ABSTAINED_TWICE


@pytest.mark.parametrize(
    ("outcomes", "abstentions", "reason"),
    [
        ([ABSTAINED], 2, None),
        ([ABSTAINED, ABSTAINED], 2, TWICE),
        ([ABSTAINED, ABSTAINED, ANSWERED], 2, TWICE),
        ([ABSTAINED, ANSWERED, ABSTAINED], 2, TWICE),
        ([ABSTAINED, ASKED, ABSTAINED], 2, TWICE),
        ([ANSWERED, ABSTAINED, ABSTAINED], 2, None),
        ([ABSTAINED], 1, TWICE),
        ([ABSTAINED, ABSTAINED], 3, None),
        ([ABSTAINED, ABSTAINED, ABSTAINED], 3, TWICE),
        ([ABSTAINED, ABSTAINED], 0, None),
        ([], 2, None),
    ],
)
def test_abstentions_in_a_row(outcomes: list[Outcome], abstentions: int, reason: HandoverReason | None) -> None:
    assert handover("where is it?", outcomes, HandoverSettings(abstentions=abstentions)) is reason


@pytest.mark.parametrize(
    "question",
    [
        "My charger is smoking, what now?",
        "there were SPARKS when I plugged it in",
        "The power bank caught fire last night",
        "I got shocked by the kettle",
        "my son got burned by the heater",
        "I had an electric shock from the washer",
        "The battery is swollen",
        "my phone looks bulging at the back",
        "the battery has exploded",
        "My lawyer will write to you",
        "I am going to sue",
        "next step is legal action.",
        "I'll take this to small claims",
        "we will take you to court",
        "My TV arrived damaged",
        "the box was delivered crushed and the screen arrived cracked",
        "Our washer came dented on one side",
        "it arrived completely smashed",
        "the package was damaged when it arrived",
        "Delivery was badly damaged!",
        "I got a broken screen in the parcel",
        "my battery swelled up",
        "es raucht aus dem Ladegerät",
        "Aus dem Akku kamen Funken, Rauch kam auch",
        "Ich habe einen Stromschlag bekommen",
        "Mein Akku hat sich aufgebläht",
        "mein Paket kam beschädigt an",
        "Der Fernseher ist zerbrochen angekommen",
        "Dann rede ich mit meinem Anwalt",
        "Le chargeur fume",
        "La batterie est gonflée",
        "Le colis est arrivé endommagé",
        "J'ai reçu un écran cassé",
        "Je vais porter plainte",
        "sale humo del cargador",
        "La batería está hinchada",
        "el paquete llegó dañado",
        "Voy a demandarlos",
    ],
)
def test_what_a_human_must_see(question: str) -> None:
    """Also when it was answered."""
    assert handover(question, [ANSWERED], HandoverSettings()) is POLICY
    assert handover(question, [ASKED], HandoverSettings()) is POLICY
    assert handover(question, [ANSWERED], HandoverSettings(topics={})) is None


@pytest.mark.parametrize(
    "question",
    [
        "How long do I have to return something?",
        "What if an item arrives damaged?",
        "Do you sell smoke detectors?",
        "What is the legal warranty?",
        "Is the battery covered?",
        "Does the fire TV stick work with it?",
        "Can I burn DVDs with this drive?",
        "When does my order arrive?",
        "Where is the court street store?",
        "Do you ship broken parts back?",
        "What if it is damaged when it arrives?",
        "Was passiert, wenn ein Paket beschädigt ankommt?",
        "Kann ich einen kaputten Akku zurückgeben?",
        "Verkauft ihr Rauchmelder?",
        "Que faire si un article arrive endommagé ?",
        "Vendez-vous des détecteurs de fumée ?",
        "¿Qué pasa si un artículo llega dañado?",
        "¿Cuándo llegó mi pedido?",
        "I got a cracked phone from my cousin, can you repair it?",
        "I want my money back",
        "a refund of $499.99 please",
    ],
)
def test_what_needs_nobody(question: str) -> None:
    assert handover(question, [ANSWERED], HandoverSettings(refund_above=500)) is None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("I want a refund of $1,299.00", POLICY),
        ("refund my 600 euros", POLICY),
        ("I paid 501$ and want my money back", POLICY),
        ("Please reimburse €2000", POLICY),
        ("refund $500", None),
        ("The TV costs $1,299", None),
        ("refund for order 123456", None),
        ("I want a refund of 49,99 €", None),
        ("refund my €49,95 please", None),
        ("refund the 1.299 € that I paid", POLICY),
        ("refund 2 000 €", POLICY),
        ("refund EUR 1299", POLICY),
        ("USD 900 refund", POLICY),
        ("I demand my $1299 back", POLICY),
        ("wann wird mir 1.299,00 € erstattet?", POLICY),
        ("refund of $1,299.99", POLICY),
    ],
)
def test_large_refunds(question: str, reason: HandoverReason | None) -> None:
    assert handover(question, [ANSWERED], HandoverSettings(refund_above=500)) is reason
    assert handover(question, [ANSWERED], HandoverSettings()) is None


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("my charger is smoking", "safety"),
        ("I am going to sue", "legal"),
        ("my TV arrived damaged", "damaged delivery"),
        ("refund me $900", "a refund above 500"),
        ("how long can I return it?", ""),
    ],
)
def test_the_rule_is_told_by_its_name(question: str, rule: str) -> None:
    assert rule_of(question, HandoverSettings(refund_above=500)) == rule


@pytest.mark.parametrize("outcome", [Outcome.ESCALATED, Outcome.WITHDRAWN])
def test_what_was_not_dealt_with_calls_nobody(outcome: Outcome) -> None:
    assert handover("my charger is smoking", [outcome, ABSTAINED], HandoverSettings()) is None


def test_a_danger_calls_a_human_also_when_nothing_could_be_said() -> None:
    assert handover("my charger is smoking", [Outcome.FAILED], HandoverSettings()) is POLICY
    assert handover("how long is it?", [Outcome.FAILED, ABSTAINED, ABSTAINED], HandoverSettings()) is None


def test_a_topic_is_a_regular_expression_of_ones_own() -> None:
    rules = HandoverSettings(topics={"press": "journalist|newspaper"})
    assert handover("I write for a Newspaper", [ANSWERED], rules) is POLICY
    with pytest.raises(ValidationError, match="not a regular expression"):
        HandoverSettings(topics={"press": "("})


@pytest.mark.parametrize(
    ("severity", "requires", "threshold", "called"),
    [
        (5, True, 4, True),
        (4, True, 4, True),
        (3, True, 4, False),
        (5, False, 4, False),
        (1, True, 1, True),
        (5, True, 0, False),
    ],
)
def test_what_triage_calls_a_human_for(severity: int, requires: bool, threshold: int, called: bool) -> None:
    triage = Triage(complaint="c", category="SAFETY_HAZARD", severity=severity, requires_escalation=requires)
    assert calls(triage, HandoverSettings(triage_severity=threshold)) is called
