"""Figures as other languages write them, put into English, so that they can be compared with English passages. Pure.

"innerhalb von 30 Tagen" and "6,95 €" become "within 30 days" and "6.95 €". Only what figures.py reads is put into
English: numbers, units, dates, times, weekdays, and the words that make of a range one of its ends. Of other languages
than these the values alone can be compared.
"""

import re
from functools import lru_cache

# A language's words, and the English ones; regular expressions, a longer phrase before a shorter one.
_PHRASES = {
    "German": {
        r"bis zu|höchstens|maximal": "up to", r"mindestens|frühestens": "at least", r"innerhalb(?: von)?": "within",
        r"(?:werk|arbeits)tage?n?": "business days", r"kalendertage?n?": "days", r"tage?n?": "days",
        r"wochen?": "weeks", r"monate?n?": "months", r"jahre?n?": "years", r"stunden?": "hours",
        r"minuten?": "minutes", r"sekunden?": "seconds", r"prozentpunkte?n?": "percentage points",
        r"prozent": "percent", r"zoll": "inches", r"dollar": "dollars",
    },
    "French": {
        r"jusqu'à|au plus|au maximum": "up to", r"au moins": "at least", r"dans les|sous": "within",
        r"jours (?:ouvrés|ouvrables)": "business days", r"jours?": "days", r"semaines?": "weeks", r"mois": "months",
        r"ans?|années?": "years", r"heures?": "hours", r"secondes?": "seconds",
        r"points? de pourcentage": "percentage points", r"pour cent": "percent", r"pouces?": "inches",
    },
    "Spanish": {
        r"hasta|como máximo": "up to", r"al menos|como mínimo": "at least", r"dentro de|en un plazo de": "within",
        r"días (?:hábiles|laborables)": "business days", r"días?": "days", r"semanas?": "weeks",
        r"mes(?:es)?": "months", r"años?": "years", r"horas?": "hours", r"minutos?": "minutes",
        r"segundos?": "seconds", r"puntos? porcentual(?:es)?": "percentage points", r"por ciento": "percent",
        r"pulgadas?": "inches", r"dólar(?:es)?": "dollars",
    },
    "Italian": {
        r"fino a|al massimo": "up to", r"almeno": "at least", r"entro": "within",
        r"giorn[oi] lavorativ[oi]": "business days", r"giorn[oi]": "days", r"settiman[ae]": "weeks",
        r"mes[ei]": "months", r"ann[oi]": "years", r"or[ae]": "hours", r"minut[oi]": "minutes",
        r"second[oi]": "seconds", r"punt[oi] percentual[ei]": "percentage points", r"per cento": "percent",
        r"pollic[ei]": "inches", r"dollar[oi]": "dollars",
    },
    "Portuguese": {
        r"em até": "within", r"até|no máximo": "up to", r"pelo menos|no mínimo": "at least", r"dentro de": "within",
        r"dias? út(?:il|eis)": "business days", r"dias?": "days", r"semanas?": "weeks", r"m[êe]s(?:es)?": "months",
        r"anos?": "years", r"horas?": "hours", r"minutos?": "minutes", r"segundos?": "seconds",
        r"pontos? percentua(?:l|is)": "percentage points", r"por cento": "percent", r"polegadas?": "inches",
        r"dólar(?:es)?": "dollars",
    },
    "Dutch": {
        r"maximaal|hoogstens": "up to", r"minstens|ten minste": "at least", r"binnen": "within",
        r"werkdag(?:en)?": "business days", r"dag(?:en)?": "days", r"weken|week": "weeks", r"maand(?:en)?": "months",
        r"jaar|jaren": "years", r"uur|uren": "hours", r"minuten|minuut": "minutes", r"seconden?": "seconds",
        r"procentpunt(?:en)?": "percentage points", r"procent": "percent", r"inch": "inches", r"dollar": "dollars",
    },
}  # fmt: skip
_BETWEEN = {  # two numbers: to, and, or
    "German": "bis und oder",
    "French": "à et ou",
    "Spanish": "a y o",
    "Italian": "a e o",
    "Portuguese": "a e ou",
    "Dutch": "tot en of",
}
_MONTHS = {
    "German": "januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember",
    "French": "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    "Spanish": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "Italian": "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "Portuguese": "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
    "Dutch": "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
}
_ENGLISH_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_WEEKDAYS = {
    "German": "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag",
    "French": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "Spanish": "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "Italian": "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
    "Portuguese": "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
    "Dutch": "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
}
_ENGLISH_WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
# From two on: "one" is an article in most of them.
_NUMBERS = {
    "German": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn zwanzig dreißig"
    " vierzig fünfzig sechzig siebzig achtzig neunzig hundert",
    "French": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze vingt trente quarante"
    " cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix cent",
    "Spanish": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta cuarenta"
    " cincuenta sesenta setenta ochenta noventa cien",
    "Italian": "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici venti"
    " trenta quaranta cinquanta sessanta settanta ottanta novanta cento",
    "Portuguese": "dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze vinte trinta quarenta"
    " cinquenta sessenta setenta oitenta noventa cem",
    "Dutch": "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien twintig dertig veertig"
    " vijftig zestig zeventig tachtig negentig honderd",
}
_VALUES = [*range(2, 16), 20, 30, 40, 50, 60, 70, 80, 90, 100]
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.\s]\d{3})+|\d+),(\d{1,2})(?![\d,])")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+)(?!\d|[.,]\d)")
_FIRST_HOUR = re.compile(r"\b(\d{1,2})(?=(?: bis | à |-)\d{1,2}(?::\d{2})?\s?(?:uhr|h)\b)", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\suhr\b|\b(\d{1,2})\s?h(?:\s?(\d{2}))?\b", re.IGNORECASE)


IN_ENGLISH = tuple(_PHRASES)  # the languages that in_english() knows


def in_english(text: str, language: str | None) -> str:
    """The text with its figures in English; as it is where the language is English or none of those known here."""
    if language not in _PHRASES:
        return text
    text = _FIRST_HOUR.sub(r"\1:00", text)
    text = _CLOCK.sub(lambda at: f"{at[1] or at[3]}:{at[2] or at[4] or '00'}", text)
    text = _DECIMAL_COMMA.sub(lambda number: re.sub(r"\D", "", number[1]) + f".{number[2]}", text)
    text = _THOUSANDS.sub(lambda number: number[1].replace(".", ""), text)
    for pattern, english in _rewriting(language):
        text = pattern.sub(english, text)
    return text


@lru_cache(maxsize=len(_PHRASES))
def _rewriting(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    months = zip(_MONTHS[language].split("|"), _ENGLISH_MONTHS.split("|"), strict=True)
    days = zip(_WEEKDAYS[language].split("|"), _ENGLISH_WEEKDAYS.split("|"), strict=True)
    numbers = zip(_NUMBERS[language].split(), map(str, _VALUES), strict=True)
    between = zip(_BETWEEN[language].split(), ("to", "and", "or"), strict=True)
    rules = (
        *((rf"(?:(?<=\d)(?:\.|er| de) ?|\b){name}(?: de(?= \d))?(?!\w)", f" {month}") for name, month in months),
        *((rf"\b{name}s?(?!\w)", day) for name, day in days),
        *((rf"\b{word}(?!\w)", number) for word, number in numbers),
        *((rf"(?<=\d ){word}(?= \d)", english) for word, english in between),
        *((rf"\b(?:{said})(?!\w)", english) for said, english in _PHRASES[language].items()),
    )
    return tuple((re.compile(said, re.IGNORECASE), english) for said, english in rules)
