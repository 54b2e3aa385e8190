"""Figures in other languages, against English passages."""

from datetime import UTC, datetime

import pytest

from bot.desk.foreign_figures import in_english
from bot.desk.grounding import Rejected, check
from bot.desk.model import Citation, DraftSentence, Passage

SAID = (
    "You can return most items within 30 days of delivery. Mailed returns cost $6.95. Orders above $1,000 need a "
    "signature. Holiday purchases go back until 31 January 2027. Standard shipping takes 3 to 5 business days. "
    "The desk is open Monday to Friday, 9:00 to 17:00. Opened drones carry a 15% fee. The warranty lasts 24 months."
)
PAGE = Passage("c", "d", "docs", "Returns", "", SAID, "https://x.example", datetime(2026, 1, 1, tzinfo=UTC), 0, 1.0)
CITED = (Citation(0, SAID, "", "", "", PAGE.changed_at),)
GOOD = [
    ("German", "Die meisten Artikel können Sie innerhalb von 30 Tagen zurückgeben."),
    ("German", "Sie können es in dreißig Tagen zurückgeben."),
    ("German", "Die Rücksendung kostet 6,95 $."),
    ("German", "Ab 1.000 Dollar brauchen Sie eine Unterschrift."),
    ("German", "Geschenke gehen bis zum 31. Januar 2027 zurück."),
    ("German", "Der Versand dauert 3 bis 5 Werktage."),
    ("German", "Der Versand dauert bis zu 5 Arbeitstage."),
    ("German", "Wir sind montags bis freitags von 9 bis 17 Uhr da."),
    ("German", "Die Garantie gilt zwei Jahre."),
    ("German", "Sie brauchen es in jedem Fall im Karton."),  # "in" is no sign of English here
    ("French", "Vous avez 30 jours, et le retour coûte 6,95 $."),
    ("French", "Le délai va jusqu'au 31 janvier 2027."),
    ("Spanish", "Tiene 30 días, hasta el 31 de enero de 2027."),
    ("Italian", "La spedizione richiede da 3 a 5 giorni lavorativi."),
    ("Portuguese", "O envio demora 3 a 5 dias úteis."),
    ("Dutch", "Binnen 30 dagen, en de garantie duurt 2 jaar."),
    ("Polish", "Masz 30 dni na zwrot."),  # its units are not known: the value must stand there
]
BAD = [
    ("German", "Die meisten Artikel können Sie innerhalb von 30 Wochen zurückgeben.", "30 weeks"),
    ("German", "Sie haben dafür neunzig Tage.", "90 days"),
    ("German", "Die Rücksendung kostet 9,95 $.", "9.95 $"),
    ("German", "Die Rücksendung kostet 6,95 €.", "6.95 €"),
    ("German", "Ab 10.000 Dollar brauchen Sie eine Unterschrift.", "10000 dollars"),
    ("German", "Geschenke gehen bis zum 30. Januar 2027 zurück.", "30 January 2027"),
    ("German", "Der Versand dauert 3 bis 5 Tage.", "3 to 5 days"),
    ("German", "Der Versand dauert 3 Werktage.", "one end of a range"),
    ("German", "Wir sind bis 18 Uhr da.", "18:00"),
    ("German", "Wir sind auch am Sonntag da.", "Sunday"),
    ("French", "Vous avez 30 semaines.", "30 weeks"),
    ("Spanish", "Tiene dos semanas.", "2 weeks"),
    ("Italian", "Entro 30 mesi.", "30 months"),
    ("Portuguese", "O envio demora 3 a 6 dias úteis.", "3 to 6 business days"),
    ("Dutch", "Binnen 30 weken.", "30 weeks"),
    ("Polish", "Masz 90 dni na zwrot.", "90"),
]


@pytest.mark.parametrize(("language", "text"), GOOD)
def test_what_an_english_passage_states_may_be_said_abroad(language: str, text: str) -> None:
    checked = check(DraftSentence(text, CITED), (PAGE,), "?", None, language)
    assert isinstance(checked, DraftSentence), checked
    assert checked.text == text, "what is shown is what was written"


@pytest.mark.parametrize(("language", "text", "reason"), BAD)
def test_what_no_passage_states_may_not(language: str, text: str, reason: str) -> None:
    """Another unit, value, currency, day or hour is as wrong as in English, in digits or in words."""
    checked = check(DraftSentence(text, CITED), (PAGE,), "?", None, language)
    assert isinstance(checked, Rejected)
    assert reason in str(checked)


def test_an_english_sentence_is_checked_as_one_whatever_language_is_due() -> None:
    """A German question is no way around the comparison of words."""
    quote = Citation(0, "Opened drones carry a 15% fee.", "", "", "", PAGE.changed_at)
    turned = DraftSentence("The opened drones do not carry a 15% fee.", (quote,))
    assert isinstance(check(turned, (PAGE,), "?", None, "German"), Rejected)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Welches Modell haben Sie?", True),
        ("¿Qué modelo tiene?", True),
        ("Soll es das für 20 $ sein?", False),
        ("Wussten Sie, dass Rückgaben kostenlos sind?", False),
        ("Rückgaben sind kostenlos.", False),
    ],
)
def test_a_question_back_needs_no_source_abroad(text: str, shown: bool) -> None:
    assert isinstance(check(DraftSentence(text), (PAGE,), "?", None, "German"), DraftSentence) is shown


def test_english_and_unknown_languages_stay_as_they_are() -> None:
    for language in ("English", "Polish", None):
        assert in_english("bis 1.000 Tage, 6,95", language) == "bis 1.000 Tage, 6,95"
