"""A call for a human in German, French, Spanish, Italian or Dutch. Pure.

"Wie kann ich mit einem Menschen sprechen?" asks how, as in English, and is none.
"""

import re
from collections.abc import Mapping, Sequence

# A language: what its words in capitals stand for, regular expressions; how they make a call. "~": words such as
# "bitte"; a phrase that ends with "." is the message's end, one in "^.": all of it.
_Language = tuple[Mapping[str, str], Sequence[str]]
_GERMAN: _Language = (
    {
        "~": "(?: (?:bitte|gerne?|lieber|jetzt|sofort|endlich|doch|mal|nur|einfach|direkt|ich))*",
        "ONE": "(?:(?:eine[mnr]?|de[mnr]|die|ihre[mnr]?|eure[mnr]?) )?(?:(?:echte|richtige|reale|andere)[mnr]? )?WHO",
        "WHO": "menschen?|person|(?:mitarbeiter|(?:kunden)?berater|ansprechpartner|chef)(?:in|n)?|kolleg(?:en?|in)"
        "|support|kunden(?:dienst|service)|vorgesetzten?|manager|agenten?|jemande[mn]?",
        "WANT": "möchte|will|würde|muss|lassen sie mich|(?<!wie )(?:kann|könnte|darf) ich",
        "TALK": "sprechen|reden|telefonieren|chatten|verbunden werden",
        "ME": "mich|mir|uns",
        "PUT": "verbinden|weiterleiten|durchstellen|vermitteln|holen|geben",
        "LOOK": "ansehen|anschauen|übernehmen|melden|anrufen",
    },
    (
        "WANT~ mit ONE~ TALK",
        "ME~ (?:mit |an )?ONE~ PUT",
        "(?:PUT|verbinde|hol|gib)(?: sie)? ME~ (?:mit |an )?ONE",
        "(?:kann|könnte)(?: sich| das| bitte| mal)* ein (?:mensch|mitarbeiter|kollege) .{0,40}LOOK",
        "ich (?:brauche|will|möchte|verlange)~ ONE~.",
        "^(?:bitte )?(?:mit )?ONE(?: sprechen)? bitte.",
    ),
)
_FRENCH: _Language = (
    {
        "~": "(?: (?:bien|maintenant|directement|plutôt|enfin|juste|simplement|s'il vous plaît|svp))*",
        "ONE": "(?:une? |l[ea] |votre |un de vos |l'un de vos )?(?:vrai?e? |véritable |autre )?WHO",
        "WHO": "humaine?|être humain|personne|conseill(?:er|ère)s?|agente?s?|opérat(?:eur|rice)|responsable|employée?"
        "|collègue|superviseur|quelqu'un|service client|support",
        "WANT": "veux|voudrais|souhaite|préfère(?:rais)?|aimerais|besoin de|laissez moi"
        "|(?<!comment )(?:puis je|pourrais je|peut on|je peux)",
        "TALK": "(?:parler|discuter|échanger|être mise? en relation) ?(?:à|avec|au)?",
        "PUT": "(?:passez|mettez|transférez|connectez|donnez) moi|m(?:e |')(?:passer|mettre|transférer|connecter)",
    },
    (
        "WANT~ TALK~ ONE",
        "PUT~(?: en (?:contact|relation))?(?: à| avec| vers| au)? ONE",
        "(?:je veux|je voudrais|je demande|il me faut|besoin d['e]) ?ONE~.",
        "^(?:parler (?:à|avec) )?ONE (?:s'il (?:vous|te) plaît|svp|stp).",
    ),
)
_SPANISH: _Language = (
    {
        "~": "(?: (?:ya|ahora|mejor|directamente|por favor))*",
        "ONE": "(?:una? |el |la |su |tu )?(?:verdader[oa] )?WHO",
        "WHO": "(?:ser )?human[oa]|persona|agente|asesora?|operadora?|representante|emplead[oa]|encargad[oa]"
        "|supervisora?|gerente|responsable|alguien|atención al cliente|soporte",
        "WANT": "quiero|quisiera|deseo|necesito|exijo|prefiero|me gustar[ií]a|d[ée]j[ea]me"
        "|(?<!cómo )(?<!como )(?:puedo|podr[ií]a)",
        "TALK": "(?:hablar|chatear|comunicarme) (?:con|a)",
        "PUT": "p[aá]s[ea]me|comun[ií]queme|con[eé]ct[ea]me|p[oó]ngame|ponme|transfi[eé]r[ea]me"
        "|(?:puede|puedes|podr[ií]as?) (?:pasarme|comunicarme|ponerme|conectarme|transferirme)",
    },
    (
        "WANT~ TALK ONE",
        "PUT (?:con|a) ONE",
        "(?:quiero|necesito|exijo) ONE~.",
        "^(?:hablar con )?ONE por favor.",
        "^hablar con ONE.",
    ),
)
_ITALIAN: _Language = (
    {
        "~": "(?: (?:subito|ora|adesso|direttamente|solo|per favore))*",
        "ONE": "(?:un[oa]? |un'|il |la |l'|vostro )?(?:ver[oa] )?WHO",
        "WHO": "(?:essere )?uman[oa]|persona|operat(?:ore|rice)|agente|addett[oa]|responsabile|consulente|collega"
        "|qualcuno|(?:assistenza|servizio) clienti",
        "WANT": "voglio|vorrei|desidero|preferisco|devo|fatemi|fammi|ho bisogno di|(?<!come )(?:posso|potrei)",
        "TALK": "(?:parlare|chattare) con",
        "PUT": "passatemi|passami|mi (?:passi|metta|colleghi)|(?:può|potete|puoi) (?:passarmi|mettermi|collegarmi)",
    },
    (
        "WANT~ TALK ONE",
        "PUT(?: in contatto)?(?: con)? ONE",
        "(?:voglio|vorrei) ONE~.",
        "^ONE per (?:favore|piacere).",
        "^parlare con ONE.",
    ),
)
_DUTCH: _Language = (
    {
        "~": "(?: (?:graag|nu|meteen|liever|gewoon|even|direct|alsjeblieft|alstublieft))*",
        "ONE": "(?:een |de |het |jullie |uw )?(?:(?:echt|levend|ander)e? )?WHO",
        "WHO": "mens|persoon|medewerk(?:er|ster)|collega|iemand|leidinggevende|manager|agent|klantenservice|helpdesk",
        "WANT": "ik (?:wil|wou|zou|moet)|laat (?:me|mij)|(?<!hoe )(?:kan|mag|zou) ik",
        "TALK": "spreken|praten|chatten|bellen",
        "PUT": "verbind (?:me|mij)(?: door)?|(?:me|mij)~ doorverbinden",
    },
    (
        "WANT~ met ONE~ TALK",
        "WANT~ TALK met ONE",
        "PUT met ONE",
        "ik wil~ ONE~.",
        "^ONE (?:graag|alsjeblieft|alstublieft).",
    ),
)


def _patterns(language: _Language) -> list[str]:
    words, calls = language
    return [rf"\b(?:{_filled(call, words)})\b".replace("^", r"\A") for call in calls]


def _filled(call: str, words: Mapping[str, str]) -> str:
    filled = re.sub(r"(?<=[~\w)])\.$", r"\\Z", call)
    while (put := re.sub("~|[A-Z]{2,}", lambda name: f"(?:{words[name[0]]})", filled)) != filled:
        filled = put
    return filled


_CALLS = re.compile(
    "|".join(pattern for language in (_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _DUTCH) for pattern in _patterns(language))
)


def calls_for_human(said: str) -> bool:
    """`said`: in lower case, without punctuation."""
    return _CALLS.search(said) is not None
