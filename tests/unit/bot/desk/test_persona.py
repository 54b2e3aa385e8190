"""A prompt's rules that can be checked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.model import Citation, DraftSentence, Rules
from bot.desk.persona import arranged, count_words, language_of, problems, shortened, wrong_language

CITED = (Citation(0, "A receipt is needed.", "Returns", "https://help.example", "Short > Receipts", datetime.now(UTC)),)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How long do I have to return a laptop?", "English"),
        ("Wie lange kann ich das zurückgeben?", "German"),
        ("Combien de temps est-ce que je peux garder les articles ?", "French"),
        ("¿Cuántos días tengo para devolver el producto y los cables?", "Spanish"),
        ("Entro quanti giorni posso restituire il prodotto con la scatola?", "Italian"),
        ("Binnen hoeveel dagen kan ik het product met de doos terugsturen?", "Dutch"),
        ("Сколько дней у меня есть на возврат?", "Cyrillic"),
        ("返品は何日以内ですか", "Japanese"),
        ("VX-TB4-DOCK 30 W?", None),
        ("laptop", None),
    ],
)
def test_a_language_is_told_where_there_is_enough_of_it(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_who_asks_for_a_language_gets_it() -> None:
    said = "Die Quittung ist nicht nötig, und die Frist ist lang."
    assert "German" in wrong_language(said, CITED, "What is the rule for the receipt?")
    assert not wrong_language(said, CITED, "What is the rule for the receipt, in German please?")


@pytest.mark.parametrize(
    ("language", "said", "wrong"),
    [
        ("German", "You have 30 days to return the item to us.", "it is in English, and is to be in German"),
        ("German", "Sie haben 30 Tage, und die Quittung ist nicht nötig.", ""),
        ("Russian", "У вас есть 30 дней на возврат товара.", ""),
        ("Russian", "You have 30 days to return the item to us.", "it is in English, and is to be in Russian"),
        ("Polish", "To jest do 30 dni, i to ze zwrotem do sklepu.", ""),  # which can't be told from others here
    ],
)
def test_a_language_that_is_known_need_not_be_told(language: str, said: str, wrong: str) -> None:
    """A model read the message, whose words are too few, or ask for the language in their own way."""
    assert wrong_language(said, CITED, "Kopfhörer?", language) == wrong


def test_code_and_marks_are_no_words() -> None:
    assert count_words("Run this: [1]\n```\nfrontdesk serve --all\n```\nThen wait. [2]") == 4


def test_what_is_too_long_says_by_how_much_and_is_cut_at_a_sentence() -> None:
    sentences = [DraftSentence("One two three. ", CITED), DraftSentence("Four five six.", CITED)]
    assert problems(sentences, Rules(max_words=5)) == ["The answer has 6 words; at most 5 are allowed."]
    assert problems(sentences, Rules(max_words=6)) == problems(sentences, Rules()) == []
    assert shortened(sentences, Rules(max_words=5)) == sentences[:1]
    assert shortened(sentences, Rules(max_words=1)) == sentences[:1], "an answer is never cut to nothing"


ENDS = st.sampled_from([" ", "\n", "\n\n", "\n \n", ""])
STARTS = st.sampled_from(["Word one.", "- item", "1. step", "```\ncode\n```"])


@given(st.lists(st.tuples(STARTS, ENDS), min_size=1, max_size=8), st.integers(1, 2))
def test_any_answer_gets_its_paragraphs_and_loses_no_word(pieces: list[tuple[str, str]], paragraphs: int) -> None:
    """However it was written: a list or code alone can't be parted, so then the page is named in the last paragraph."""
    sentences = [DraftSentence(text + end, CITED) for text, end in pieces]
    text = "".join(sentence.text for sentence in arranged(sentences, paragraphs))
    assert len([part for part in text.split("\n\n") if part.strip()]) == paragraphs
    for start, _ in pieces:
        assert start in text


def test_an_errors_name_stays_whole() -> None:
    """Only what Slack would take for markup is left out of the name of a place."""
    cited = replace(CITED[0], title="_TF-4291_ run_quota_reached <!here>", section="")
    told = arranged([DraftSentence("A receipt is needed.", (cited,))], 2)[-1]
    assert told.text == "You can read it in full in “TF-4291 run_quota_reached !here”."


def test_a_question_back_stays_as_it_is() -> None:
    asked = [DraftSentence("Which plan do you have?")]
    assert arranged(asked, 2) == asked
