"""What language a message is in, without a model."""

import pytest

from bot.desk.languages import LANGUAGES, is_english, is_familiar, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das Paket ist nicht da und ich warte auf die Lieferung", "German"),
        ("Mein Laptop ist nach zwei Tagen kaputt, ich will mein Geld zurück", "German"),
        ("Wann kommt meine Bestellung EM-118402 an? Es ist schon eine Woche", "German"),
        ("Mon colis n'est pas arrivé et je veux être remboursé", "French"),
        ("Le chargeur est cassé et vous ne répondez pas", "French"),
        ("El paquete no ha llegado y quiero que me devuelvan el dinero", "Spanish"),
        ("La pantalla está rota, ¿qué puedo hacer?", "Spanish"),
        ("A minha encomenda não chegou e quero o dinheiro de volta", "Portuguese"),
        ("O ecrã está partido e ninguém me responde, o que posso fazer?", "Portuguese"),
        ("Il pacco non è arrivato e voglio il rimborso", "Italian"),
        ("Lo schermo è rotto, come posso restituire il telefono?", "Italian"),
        ("Het pakket is niet aangekomen en ik wil mijn geld terug", "Dutch"),
        ("De lader is kapot, wat moet ik nu doen met het apparaat?", "Dutch"),
        ("Paczka nie dotarła i chcę zwrot pieniędzy na kartę", "Polish"),
        ("Ładowarka jest zepsuta, co mogę zrobić i gdzie ją oddać?", "Polish"),
        ("Paketet har inte kommit och jag vill ha pengarna tillbaka", "Swedish"),
        ("Laddaren är trasig, hur får jag en ny?", "Swedish"),
        ("Pakken er ikke kommet og jeg vil have mine penge tilbage", "Danish"),
        ("Opladeren er gået i stykker, hvor meget koster en ny?", "Danish"),
        ("Pakken har ikke kommet og jeg vil ha pengene tilbake fra dere, hva gjør vi", "Norwegian"),
        ("Laderen er ødelagt, hvor mye koster en ny?", "Norwegian"),
        ("Balík nedorazil a chci zpět peníze, co je na tom, jak dlouho to trvá", ""),
        ("Coletul nu a ajuns și vreau banii înapoi, nu este corect că nu răspundeți la mesaje de două săptămâni", ""),
        ("Посылка не пришла", ""),
        ("الطرد لم يصل", ""),
        ("पार्सल नहीं आया", ""),
        ("Το πακέτο δεν ήρθε", "Greek"),
        ("החבילה לא הגיעה", "Hebrew"),
        ("พัสดุยังไม่มา", "Thai"),
        ("소포가 오지 않았어요", "Korean"),
        ("大韓民國 소포가 오지 않았어요 문제", "Korean"),
        ("荷物が届きません", "Japanese"),
        ("充電器が壊れた", "Japanese"),
        ("イヤホン故障", "Japanese"),
        ("包裹没有到", "Chinese"),
        ("我的充电器坏了，请退款", "Chinese"),
        ("¿Puedo devolver auriculares abiertos?", "Spanish"),
        ("¡Ayuda!", "Spanish"),
        ("my keyboard types ¿ instead of ?", "English"),
        ("It is broken", "English"),
        ("hola", "English"),
        ("Danke!", "English"),
        ("Orrin 9", "English"),
        ("", "English"),
        ("👍", "English"),
        ("VX-TB4-DOCK", "English"),
        ("Do you ship to São Paulo?", "English"),
    ],
)
def test_a_language_is_named_where_it_can_be_told(text: str, language: str) -> None:
    """By its script or its words; "" for what is not English, and like no language that has a table or a script for
    itself: Czech, Romanian, Russian, Arabic, Hindi."""
    assert language_of(text) == language
    assert language in ("", *LANGUAGES.values())
    assert is_english(text) == (language == "English")


def test_between_two_languages_none_is_named() -> None:
    assert language_of("og jeg er på den") == ""


ENGLISH = {"cafe", "opening", "hours", "mini", "time", "air", "battery", "life", "laptop", "ship", "paulo", "double"}


def knows(word: str) -> bool:
    return word.replace("é", "e") in ENGLISH


@pytest.mark.parametrize(
    "text",
    ["Dizüstü bilgisayarımı kaç gün içinde iade edebilirim?", "Mohu vrátit otevřená sluchátka?", "Voinko palauttaa avatut"
     " kuulokkeet?", "Visszaküldhetem a fülhallgatót?", "Pot returna căștile deschise?", "Bisakah saya mengembalikan earbud?",
     "Tôi có thể trả lại tai nghe không?", "Rückgabe Laptop?", "Öffnungszeiten am Sonntag?", "Delai de retour ?",
     "Ce garanție are laptopul?"],
)  # fmt: skip
def test_what_has_hardly_a_known_word_does_not_read_like_english(text: str) -> None:
    assert not is_familiar(text, knows)


@pytest.mark.parametrize(
    "text",
    ["nimbra air 13 battery life", "Nimbra Slate", "larkspurr mini 2 fligth time", "wavmoor ax30 restet buton hold how many"
     " secs", "café opening hours", "Do you ship to São Paulo?", "Öffnungszeiten", "VX-TB4-DOCK KR27Q165", "", "👍",
     "https://exämple.example/Rückgabe/Gerät"],
)  # fmt: skip
def test_names_codes_and_keywords_read_like_english(text: str) -> None:
    """Half of the words are enough, one word such as "how" is, and of one or two names nobody can tell."""
    assert is_familiar(text, knows)
