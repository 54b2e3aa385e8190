"""A greeting, thanks or a goodbye in another language. Pure.

Only what is nothing else: "hallo" is a greeting, "hallo, wo ist mein Paket" a question.
"""

import re
from typing import Literal

Courtesy = Literal["greeting", "thanks", "goodbye"]

_GREETINGS = """
    hallo, guten morgen, guten tag, guten abend, moin, servus, grüß gott, bonjour, bonsoir, salut, coucou, hola,
    buenas, buenos días, buenos dias, buenas tardes, buenas noches, olá, bom dia, boa tarde, boa noite, ciao,
    buongiorno, buonasera, salve, hoi, goedemorgen, goedemiddag, goedenavond, goedendag, dzień dobry, dzien dobry,
    cześć, hej, hejsa, god morgon, god dag, merhaba, selam, günaydın, ahoj, dobrý den, dobrý deň, dobar dan, moi,
    hei, terve, szia, jó napot, bună, bună ziua, xin chào, selamat pagi, привет, здравствуйте, добрый день, добрий
    день, привіт, здравейте, γεια, γεια σας, καλημέρα, שלום, مرحبا, السلام عليكم, 안녕하세요,
    こんにちは, おはようございます, こんばんは,
    你好, 您好
"""
_THANKS = """
    danke, dankeschön, vielen dank, besten dank, herzlichen dank, merci, gracias, obrigado, obrigada, grazie, bedankt,
    dank je, dank je wel, dank u, dank u wel, dzięki, dziękuję, dziekuje, tack, tak, takk, tusen takk, teşekkürler,
    teşekkür ederim, sağ ol, děkuji, díky, ďakujem, hvala, kiitos, köszönöm, mulțumesc, multumesc, cảm ơn, terima kasih,
    спасибо, дякую, благодаря, ευχαριστώ, תודה, شكرا, 감사합니다, ありがとう,
    ありがとうございます, 谢谢, 謝謝
"""
_GOODBYES = """
    tschüss, tschüs, auf wiedersehen, bis bald, schönen tag noch, au revoir, à bientôt, bonne journée, adiós, adios,
    hasta luego, tchau, até logo, arrivederci, tot ziens, doei, do widzenia, hej då, ha det, hoşça kal, na shledanou,
    näkemiin, la revedere, до свидания, пока, до побачення, αντίο, להתראות, مع السلامة, さようなら, 再见, 안녕히 계세요
"""
_MUCH = (
    r"(?: (?:schön|sehr|vielmals|dir|euch|ihnen|beaucoup|bien|à (?:tous|toutes|vous)|muchas|mucho|a todos|por todo"
    r"|muito|mille|tante|wel|zusammen|alle|allemaal|så mycket|bardzo|çok|moc|paljon|mult|большое|πολύ))*"
)


def _said(phrases: str) -> re.Pattern[str]:
    one = "|".join(re.escape(" ".join(phrase.split())) for phrase in phrases.split(","))
    return re.compile(rf"(?:(?:muchas|muchos|mille|tante|muito|çok|большое|vielen) )?(?:{one}){_MUCH}")


_KINDS: tuple[tuple[Courtesy, re.Pattern[str]], ...] = (
    ("greeting", _said(_GREETINGS)),
    ("thanks", _said(_THANKS)),
    ("goodbye", _said(_GOODBYES)),
)


def foreign_courtesy(said: str) -> Courtesy | None:
    """`said`: in lower case, without punctuation."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(said)), None)
