"""What a message asks: its questions, its language, its places, its spelling, its everyday words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.asking import MOST, focus, left_out, questions_in
from bot.desk.courtesy import FAREWELL, HELLO, WELCOME, courtesy, wants_human
from bot.desk.languages import is_english
from bot.desk.model import Turn
from bot.desk.places import countries, without_places
from bot.desk.spelling import distance, doubtful, respelled, unheard_of
from bot.desk.synonyms import concepts, plainly
from bot.desk.words import has_code, hyphenated

PAGES = ["Kettle Pro 2: the warranty on a cartridge is 90 days", "Address of the Portland branch; gift card balance"]


def known(word: str) -> bool:
    return word in {"rice", "how", "long", "the", "what", "is", "price", "of", "my", "for"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Do you sell lamps?", 1),
        ("Do you sell lamps? And when are you open?", 2),
        ("what does a lamp cost and how long does it last", 2),
        ("My lamp broke. It was new. Can I return it?", 1),
        ("Salt and pepper mills, are they in stock?", 1),
        ("Is the lamp heavy, and is mounting it included?", 2),
        ("1) a lamp, how much? 2) do you ship cups?", 2),
        ("Can you mount a lamp and how much is it?", 1),
        ("How long are lamps? What does a vase cost? Do you sell cups? Is there a shop in Rome?", 4),
    ],
)
def test_each_question_of_a_message_is_found(text: str, parts: int) -> None:
    """Two questions are two, by sentence or joined by "and"; what is only told is none."""
    assert len(questions_in(text)) == parts


def test_a_question_that_leans_on_another_brings_it_along() -> None:
    """The second says "it": alone it would find anything."""
    assert "lamp" in questions_in("What does the lamp cost? And how heavy is it?")[1]


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("how long does slow shipping take and what does it cost?", "what does slow shipping cost?"),
        ("How much is a K-100 and how long is its warranty?", "how long is a K-100's warranty?"),
        ("How long is a quote valid and do you take lamps?", "do you take lamps? a quote"),
        ("How many flows can I have on Free and can I buy more?", "can I buy more? flows on Free"),
        ("Do you have a shop in Rome and when does it open on Sunday?", "when does a shop in Rome open on Sunday?"),
        ("Which plans have it? Is it possible to add it later?", "Is it possible to add it later? plans have it"),
        ("How long can I return a lamp? Do you match prices?", "Do you match prices?"),
        ("Where is the shop and who pays for return shipping?", "who pays for return shipping?"),
    ],
)
def test_of_the_first_question_only_its_subject_is_brought_along(text: str, second: str) -> None:
    """With all of it the second would find the first one's answer again."""
    assert questions_in(text)[1] == second


def test_of_very_many_questions_the_last_ones_are_left_and_known() -> None:
    text = " ".join(f"Do you sell lamp {at}?" for at in range(MOST + 2))
    assert len(questions_in(text)) == MOST
    assert left_out(text) == (f"Do you sell lamp {MOST}?", f"Do you sell lamp {MOST + 1}?")
    assert left_out("Do you sell lamps?") == ()


def test_what_is_told_goes_with_each_question() -> None:
    first, second = questions_in("Toaster X here. How many watts does it draw? Which plug does it need?")
    assert first.startswith("Toaster X")
    assert second.startswith("Toaster X")


@given(st.text(max_size=200))
def test_any_text_has_one_to_five_questions(text: str) -> None:
    assert 1 <= len(questions_in(text)) <= MOST
    assert focus(text) == text or focus(text) in text


@pytest.mark.parametrize(
    "text",
    ["¿Cuánto cuesta el envío a mi casa?", "Ich habe eine Frage: wie lange ist die Garantie?", "Où est mon colis, il est"
     " dans la rue ?", "今日は何時まで開いていますか", "Сколько стоит доставка?", "Quanto costa la spedizione e quando arriva?"],
)  # fmt: skip
def test_another_language_is_told(text: str) -> None:
    assert not is_english(text)


@pytest.mark.parametrize(
    "text",
    ["warranty", "ok", "Halden Book 14 Gen 4?", "VX-TB4-DOCK", "pls die hard dvd refund", "El Paso store hours", "👍", "",
     "Do you ship to São Paulo?", "the café in Zürich, is it open?", "DE tariff??", "in stock?"],
)  # fmt: skip
def test_short_and_named_things_stay_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how long is the waranty", "how long is the warranty"),
        ("catridge for my Kettel", "cartridge for my kettle"),
        ("giftcrad", "gift card"),
        ("price of rice", "price of rice"),
        ("KT-22x waranty", "KT-22x warranty"),
        ("zzyzx", "zzyzx"),
    ],
)
def test_misspelt_words_become_those_of_the_documents(typed: str, meant: str) -> None:
    """Words that the reader knows, codes, and words that nothing is near to stay as they are."""
    assert respelled(typed, PAGES, known) == meant


def test_a_form_of_a_known_word_is_no_typing_error() -> None:
    """ "ship" has another form than "shiping"."""
    words = {"light", "chop", "grade", "load", "ship", "cot"}
    assert doubtful("lightest choppy grader unload shiping waranty cots", words.__contains__) == [
        "shiping", "waranty", "cots",
    ]  # fmt: skip


@given(st.text(alphabet="abcd", max_size=6), st.text(alphabet="abcd", max_size=6))
def test_the_distance_is_symmetric_and_bounded(one: str, other: str) -> None:
    away = distance(one, other, 3)
    assert away == distance(other, one, 3)
    assert (away == 0) == (one == other)
    assert away <= 4


def test_a_name_that_no_page_has_is_noticed() -> None:
    """A name that begins the sentence, a country or a name that a page has is none."""
    assert unheard_of("Does the kettle listen to Zorblax?", PAGES) == ["Zorblax"]
    assert unheard_of("Does the Kettle Pro ship to Canada?", PAGES) == []
    assert unheard_of("Can it run on rechargeable AAs", PAGES) == []
    assert unheard_of("Is the store in Portland, Oregon open?", PAGES) == []


def test_a_city_stands_for_its_country() -> None:
    assert countries("I work in Dublin") == {"Ireland"}
    assert countries("tell us more") == frozenset()
    assert countries("in the US") == {"United States"}
    assert "Berlin" not in without_places("How many vacation days in Berlin?")
    assert without_places("Berlin?") == "Berlin?"


def test_everyday_words_are_put_as_documents_put_them() -> None:
    assert plainly("guarantee on my fridge?") == "warranty on my refrigerator?"
    assert plainly("FRIDGE-20 price") == "FRIDGE-20 price"
    assert plainly("Is there an uptime guarantee?") == "Is there an uptime guarantee?"
    assert plainly("Do you guarantee delivery?") == "Do you guarantee delivery?"
    assert not concepts("Is there an uptime guarantee?") & concepts("warranty")
    assert concepts("guarantee") == concepts("warranties")


@pytest.mark.parametrize("text", ["the TF4031 error", "TF-4031", "tf 4031 again", "AUR-TF4031-B"])
def test_a_code_is_found_however_it_is_spaced(text: str) -> None:
    assert has_code(text, frozenset({"TF-4031"}))
    assert has_code(text, frozenset({"TF4031"}))


@pytest.mark.parametrize("text", ["TF-40310", "XTF-4031", "TF-403 1x"])
def test_a_longer_code_is_another(text: str) -> None:
    assert not has_code(text, frozenset({"TF-4031"}))


@pytest.mark.parametrize("text", ["lamp", "what about returns?", "it is broken", "how much?", "it's stuck again"])
def test_too_little_to_look_up_is_asked_back(text: str) -> None:
    """One clarifying question, that states nothing; in a running thread it is a follow-up instead."""
    reply = courtesy(text, 8000)
    assert (reply or "").rstrip().endswith(("?", "me look."))
    assert courtesy(text, 8000, [Turn("asker", "Do you sell lamps?")]) is None
    assert courtesy(text, 8000, [Turn("asker", "Hi there!"), Turn("desk", HELLO)]) == reply


@pytest.mark.parametrize(
    "text", ["how long is the warranty?", "KT-22X", "when do points expire", "lamp price", "my orders"]
)
def test_what_can_be_looked_up_is(text: str) -> None:
    assert courtesy(text, 8000) is None


@pytest.mark.parametrize(
    "text",
    ["返品はいつまでできますか？", "Сколько дней у меня есть на возврат?", "كم تكلفة الشحن العادي؟", "Πόσο κοστίζει;", "החזרה?",
     "¿Cuánto cuesta?", "run_quota_reached", "step_timeout"],
)  # fmt: skip
def test_what_only_looks_as_if_it_named_nothing_is_looked_up(text: str) -> None:
    """Another script has no word that is known here; an error's name says exactly what is meant."""
    assert courtesy(text, 8000) is None


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Bonjour", HELLO),
        ("¡Hola!", HELLO),
        ("Guten Morgen zusammen", HELLO),
        ("Здравствуйте!", HELLO),
        ("こんにちは。", HELLO),
        ("Danke schön!", WELCOME),
        ("Merci beaucoup !", WELCOME),
        ("Muchas gracias", WELCOME),
        ("большое спасибо", WELCOME),
        ("Auf Wiedersehen", FAREWELL),
        ("Hallo, wo ist mein Paket?", None),
        ("Merci de votre aide, où est mon colis ?", None),
        ("Gracias, ¿y para unos auriculares?", None),
    ],
)
def test_a_courtesy_in_another_language_gets_one(text: str, reply: str | None) -> None:
    """Also in a running thread; with a question after it, it is a question."""
    assert courtesy(text, 8000) == reply
    assert courtesy(text, 8000, [Turn("asker", "Do you sell lamps?")]) == reply


@pytest.mark.parametrize(
    "text",
    ["put me through to your support team", "can I talk to the shift leader", "I feel burned out and cannot go on", "my"
     " manager keeps insulting me", "I want to make a complaint", "got a final warning and it is unfair"],
)  # fmt: skip
def test_what_no_page_settles_goes_to_a_human(text: str) -> None:
    assert wants_human(text)


@pytest.mark.parametrize(
    "text",
    ["is there somebody in the store on Sunday?", "what does a warning light mean", "how do I report a colleague's gift",
     "can my manager see my calendar", "who do I talk to about parking"],
)  # fmt: skip
def test_a_question_about_people_is_looked_up(text: str) -> None:
    assert not wants_human(text)


def test_a_hyphen_that_was_left_out_is_tried() -> None:
    """Only between letters and a number: a model such as KR27Q165 has no such place."""
    assert hyphenated("tf4031 again") == "tf4031 again TF-4031"
    assert hyphenated("KR27Q165 and 100W") == "KR27Q165 and 100W"
