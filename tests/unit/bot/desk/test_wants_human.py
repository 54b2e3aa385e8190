"""Who asks for a human in words, and who only mentions one."""

import pytest

from bot.desk.courtesy import asks_how, wants_human


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a manager NOW this is ridiculous",
        "please let me talk to a real person about my order",
        "can I speak with someone?",
        "human please",
        "I need to talk to your supervisor!",
        "escalate this",
        "Please escalate my complaint to a manager!",
        "can a human look at this?",
        "Could a real person call me?",
        "please hand me to support",
        "Ich möchte mit einem Menschen sprechen",
        "Kann ich bitte mit einem Mitarbeiter sprechen?",
        "Das bringt nichts. Ich will jetzt sofort mit Ihrem Vorgesetzten reden!",
        "Bitte verbinden Sie mich mit einem Mitarbeiter",
        "Können Sie mich bitte an den Support weiterleiten?",
        "Ich brauche einen Menschen, bitte!",
        "Einen Mitarbeiter, bitte.",
        "Kann sich das mal ein Mensch ansehen?",
        "Je veux parler à un humain",
        "Puis-je parler à un conseiller ?",
        "J’aimerais discuter avec quelqu’un",
        "Pouvez-vous me mettre en relation avec un conseiller ?",
        "Un humain, s'il vous plaît",
        "quiero hablar con una persona",
        "¿Puedo hablar con alguien?",
        "Me gustaria hablar con un agente",
        "Páseme con un supervisor",
        "un agente por favor",
        "Vorrei parlare con un operatore",
        "Mi passi un'operatrice",
        "Ik wil graag met een medewerker spreken",
        "Kan ik praten met een mens?",
        "Kunt u mij doorverbinden met een collega?",
    ],
)
def test_a_call_for_a_human_is_heard(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I return it to a store manager?",
        "how do I talk to a human?",
        "can a person return two items?",
        "does the repair agent speak to customers?",
        "I talked to an agent yesterday, when does my refund come?",
        "how do I escalate this?",
        "can a person look up two orders?",
        "Can a manager approve my refund?",
        "How do I hand a ticket over to support?",
        "Wie kann ich mit einem Menschen sprechen?",
        "Ich möchte eine Person zu meinem Konto hinzufügen",
        "Kann ich mit der App mit zwei Personen sprechen?",
        "Ich habe gestern mit einem Mitarbeiter gesprochen, wann kommt mein Geld?",
        "Comment puis-je parler à un humain ?",
        "Combien coûte la livraison pour une personne ?",
        "¿Cómo puedo hablar con una persona?",
        "Quiero un reembolso para otra persona",
        "¿Cuándo llega el agente?",
        "Come posso parlare con un operatore?",
        "Hoe kan ik met een medewerker spreken?",
    ],
)
def test_a_question_that_mentions_one_stays_a_question(text: str) -> None:
    assert not wants_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I report harassment anonymously?",
        "Who is my people partner?",
        "Who can I call?",
        "How do I remove a person from my workspace?",
        "How do I connect an agent to a person's account?",
        "Hi, who is the confidential contact for harassment?",
        "Who can I talk to about parking?",
        "Can you tell me who approves a manager's leave?",
        "How do I get an agent to start?",
        "Which person gets the invoice?",
    ],
)
def test_a_question_about_people_is_one_for_the_documents(text: str) -> None:
    """However much it sounds, to a model, like a call for a human."""
    assert asks_how(text)
    assert not wants_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "how do I reach a real person?",
        "how do i talk to a human?",
        "how do i get past this bot to a person",
        "where can I find a human to talk to",
        "how can I get hold of someone?",
        "what do i type to get an agent",
        "what do I have to do to get a human here",
        "who can I talk to?",
        "who can i speak to, i'm not okay",
        "who is your boss, let me talk to him",
        "what a joke of a bot. manager pls",
        "What do I do now? Nobody helps me.",
        "agent",
    ],
)
def test_who_asks_for_somebody_to_talk_to_is_not_given_a_page(text: str) -> None:
    """Nor who tells of themselves."""
    assert not asks_how(text)
