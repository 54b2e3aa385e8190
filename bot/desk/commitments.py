"""Whether a sentence commits the company to a replacement, refund or credit for this asker. Pure.

Explaining the policy is not offering: "we replace items that are dead on arrival" binds nobody to this order, "we'll
send you a new one" does. A doubtful sentence counts as a commitment: that costs a question back, the other mistake
costs money.
"""

import re

from bot.desk.figures import MONTHS
from bot.desk.model import DraftSentence
from bot.desk.words import flat

ASK_FOR_ORDER = (
    "Before I can offer a replacement or a refund, I have to check the order's status. What is the order number?"
)
ASK_IN_PRIVATE = (
    "Before I can offer a replacement or a refund, I have to check the order's status, and that is not for everybody "
    "here to read. Write me the order number in a direct message."
)
ASK_FOR_HUMAN = (
    "Before anybody offers a replacement or a refund, the order's status has to be checked, and I can't look up orders "
    "for you. What is the order number? A human can check it."
)
NOT_SHOWN = (
    "Your draft was not shown: it promised this person a replacement, a refund or a credit, and no order of theirs was "
    "looked up in this conversation. Look the order up first if you can; otherwise ask for the order number."
    " Explain the "
    "policy if that helps, and offer nothing yet."
)


_STRONG = (
    r"(?:replacements?|refunds?|exchange|(?:store |account |full )credit|credit (?:of|to|on|for)|reimbursement"
    r"|compensation"
    r"|voucher|money back|give you (?:back )?(?:your|the) money|substitute|full amount|whole amount|full price"
    r"|refunded|refunding|replaced|replacing"
    r"|exchanged"
    r"|exchanging|swapped|swapping|credited|crediting|reimbursed|reimbursing|compensated|reimburse|compensate"
    r"|(?:refund|replace|exchange|swap|credit)(?= (?:you|your|it|this|that|them|the|these|those|both|one"
    r"|in full|a)\b|\W*$))"
)
_NOT_GOODS = (
    r"(?:return|label|shipping|quote|question|message|e-?mail|account|password|pin|receipt|invoice|link|ticket|case"
    r"|tracking|confirmation|code|card number|paragraph|box|version|page|address|delivery|date|time|order number|look"
    r"|contract|manager|colleague|role|job|badge|day|week|month|year)"
)
_GOODS = (
    rf"(?:(?:a|an|the|your|another|one|some)\s+)?(?:brand[- ]new|new|fresh|free|identical|second|spare|another"
    rf"|working)\s+"
    rf"(?!\w*\s?{_NOT_GOODS})\w+"
)
_US = (
    r"(?:i|we|(?:our|my|the) (?:\w+ )?(?:team|people|staff|warehouse|store|shop|colleagues?)|a colleague|support"
    r"|some(?:one|body)|electromart)"
)
_AUX = r"(?:'ve|'ll|'m|'re|'d|\s+(?:have|has|had|will|would|can|could|am|are|is|shall|did|just|already|gladly|happily))"
_HANDS_OVER = (
    r"(?:sen[dt]|sending|ship(?:ped|ping)?|issu(?:e|ed|ing)|arrang(?:e|ed|ing)|order(?:ed|ing)?|giv(?:e|en|ing)|gave"
    r"|get|got|getting|receiv\w+|have|offer(?:ed|ing)?|mail(?:ed|ing)?|provid\w+|set up|book(?:ed|ing)?|put"
    r"|go(?:es|ing)?|cover(?:ed|ing)?|pay(?:ing)?|paid|make (?:it|this|that|things) right)"
)
# What somebody here does who offers nothing.
_INFORMS = re.compile(
    rf"\b{_US}(?:{_AUX})*\s+(?:\w+ly\s+)?(?:not\s+)?(?:be able to\s+|to\s+|first\s+)*(?:need|check|look|connect"
    rf"|explain|tell"
    r"|find|ask|see|verify|know|understand|hand|pass|help|suggest|recommend|forward|put you|bring in|bring you"
    r"|fetch|show"
    r"|describe|decide|look up|sorry|afraid|transfer you|guess|read|say|link|clarify|sum up|walk you)\b"
    r"|\byou(?:'ll| will)\s+(?:need|have to|find|see|be asked)\b",
    re.IGNORECASE,
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


# The two classes share no character: a run of dots would be parted in every way there is.
_NEAR = r"\b(?:[^\w'$€£.,-]+[\w'$€£.,-]+){0,10}?\W+"
_BINDING = _any(
    rf"\b{_US}{_AUX}{_NEAR}{_STRONG}",
    rf"\b{_US}{_AUX}\s+{_STRONG}",
    rf"\b{_US}{_AUX}{_NEAR}{_HANDS_OVER}{_NEAR}{_GOODS}",
    rf"\b{_US}{_AUX}\s+(?:\w+\s+){{0,3}}?{_HANDS_OVER}{_NEAR}{_GOODS}",
    rf"\bi\s+(?:\w+ly\s+|just\s+)?(?:\w+ed|sent|gave|put|made){_NEAR}(?:{_STRONG}|{_GOODS})",
    rf"\b{_US}\s+(?:just\s+|already\s+)?(?:refunded|replaced|exchanged|credited|reimbursed|swapped)\b",
    rf"\b{_US}\s+(?:promise|guarantee|assure|confirm|agree|owe){_NEAR}(?:{_STRONG}|{_GOODS}|you)",
    # "They" also are the goods that can go back for a refund: only who hands over to somebody is meant.
    rf"\bthey{_AUX}\s+(?:\w+\s+){{0,2}}?{_HANDS_OVER}\s+(?:you|it|this|that|a|an|another)\b(?:{_NEAR}|\s+)"
    rf"(?:{_STRONG}|{_GOODS})",
    r"\bthey(?:'ll| will)\s+(?:\w+ly\s+)?(?:refund|replace|exchange|swap|reimburse|credit)\s+"
    r"(?:you|your|it|this|that)\b",
    rf"\b(?:let me|let us|let's|allow me to|happy to|glad to|going to)\s+(?:\w+\s+){{0,3}}?(?:{_STRONG}"
    rf"|{_HANDS_OVER}{_NEAR}"
    rf"(?:{_STRONG}|{_GOODS}))",
    rf"\byou(?:'ll|\s+will|\s+shall|\s+are going to|'re going to|'re getting|\s+are getting|\s+have been"
    rf"|'ve been|\s+qualify"
    r"|(?:'re|\s+are)\s+(?:\w+\s+)?(?:entitled|eligible|approved|owed|due)|\s+can (?:have|expect|count on)|'re all set"
    rf"|'ve got|\s+have got|\s+deserve)(?:{_NEAR}|\s+)(?:{_STRONG}|{_GOODS})",
    rf"^(?:\w+\W+){{0,3}}?(?:expect|look forward to|enjoy|here's|here is|consider (?:it|this|that|(?:your|the) \w+))"
    rf"(?:{_NEAR}|\s+)(?:{_STRONG}|{_GOODS})",
    r"\byour\s+(?:\w+\s+){0,3}?(?:replacement|refund|exchange|credit|voucher|reimbursement"
    r"|new \w+)\b(?:\s+\w+){0,4}?\s+"
    r"(?:is|are|has|have|was|will|goes|ships|leaves|arrives|comes|should be)\b",
    rf"\byour\s+(?:[\w$€£.,-]+\s+){{0,4}}?(?:will be|has been|have been|is being|was|were|is going to be|gets?|is)\s+"
    rf"(?:\w+\s+)?(?:{_STRONG}|returned to (?:you|your))",
    r"\b(?:your|the) (?:money|amount|payment|[$€£][\d.,]+)\s+(?:\w+\s+)?(?:is|will be|has been|should be|goes|comes)\s+"
    r"(?:\w+\s+)?(?:back|returned|on its way|to you)",
    rf"\b(?:a|an|the|another)\s+(?:[\w-]+\s+){{0,2}}?(?:{_STRONG}|new \w+|pair|one|unit)(?:\s+[\w$€£.,-]+){{0,3}}?\s+"
    r"(?:(?:is|are)\s+(?:\w+\s+)?(?:on (?:its|the|their) way|coming|headed|underway|under way|in process|yours"
    r"|confirmed"
    r"|approved|being)|has been|have been|goes out|ships (?:today|tomorrow|now|on)|leaves (?:today|tomorrow)"
    r"|will be (?:\w+\s+)?(?:sent|shipped|issued|on|with|delivered))",
    r"^\W*(?:\w+\W+){0,3}?(?:refund|replacement|exchange|credit)\W+(?:is\s+)?(?:approved|granted|issued"
    r"|confirmed|arranged"
    r"|initiated|on (?:its|the) way|processed|in process|underway|is yours|coming)\b",
    r"^(?:(?:ok|okay|sure|done|great|sorry|yes|absolutely)\W+)*(?:sending|shipping|refunding|replacing|issuing"
    r"|processing"
    r"|crediting|exchanging)\s+(?:you|your|it|this|that|a|an|the|another)\b",
    r"\b(?:it's|it is|that's|that is|all)\s+(?:\w+\s+){0,3}?(?:replaced|refunded)\b",
)
_CONDITION = re.compile(
    r"\b(?:if|unless|provided|as (?:long|soon) as|in case|whether|assuming|otherwise|when(?:ever)?|once|after|until"
    r"|before)\b",
    re.IGNORECASE,
)
_DAYS = "mon|tues|wednes|thurs|fri|satur|sun"
# A condition that leaves nothing open: it only says when.
_ONLY_WHEN = re.compile(
    r"\b(?:as soon as|once|when|after|before|until)\s+(?:it'?s?|they|the (?:new|replacement)|stock|that"
    r"|you (?:say|confirm"
    r"|agree|like|want)|tomorrow|lunch|the weekend|possible)\b|\bif (?:you (?:like|want|wish|prefer|agree)"
    r"|that(?:'s| is) ok\w*"
    r"|that works|that helps|it helps|it(?: i|')s any \w+)\b|\beven (?:if|when|after|before|once|though)\b"
    r"|\bunless you (?:tell|say|object|prefer|want)\b|\bwhether or not\b|\bafter all\b|\bonce (?:more|again)\b"
    r"|\bafter (?:a |my |our )?(?:\w+ )?(?:look|check|checking|review)\b|\bbefore you know it\b"
    rf"|\b(?:before|until) (?:the end of|noon|(?:{_DAYS})day|(?:{'|'.join(MONTHS)})\b|\d)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:can't|cannot|can not|won't|not able to|unable to|don't|doesn't|didn't|haven't|hasn't|isn't|aren't|wasn't"
    r"|never|wouldn't"
    r"|couldn't|no longer|(?:will|do|does|did|have|has|is|are|was|am) not|not (?:yet|going|entitled|eligible|been))\b",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(r"\s+not\b|n't\b", re.IGNORECASE)
_ASKING = re.compile(
    r"^\W*(?:(?:and|so|also|but|or|ok|okay|sure|sorry)\W+)*(?:do|does|did|would|could|can|may|shall|should|is"
    r"|are|was|were"
    r"|have|has|will|what|which|when|where|who|how|why)\b",
    re.IGNORECASE,
)
_OFFERED = re.compile(
    r"\b(?:shall|should|may|can|could) (?:i|we)\b|\b(?:would|do) you (?:like|want|prefer)\b"
    r"(?!.{0,12}\b(?:to know|to hear|to read|to see|to ask|me to (?:connect|explain|tell|check|look|show"
    r"|bring|ask)))",
    re.IGNORECASE,
)
_CHECKING = re.compile(
    r"\b(?:see|check|find out|look up|know|tell you|confirm|explain|depends|ask|about|whether)\b", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"\b(?:customers?|(?<!our )people|items|products|members|buyers|anyone|according to"
    r"|(?:every (?:\w+ )?|each |per |\d[\d.,]* an? )(?:years?|months?|weeks?|days?))\b",
    re.IGNORECASE,
)
# These are the asker's: "both items".
_OF_THE_ASKER = re.compile(
    r"\b(?:the|your|both|these|those|two|three|all)\s+(?:[\w-]+\s+){0,2}?(?:items|products)\b", re.IGNORECASE
)
_SUBJECT = rf"(?:{_US}|you|they|your|it)\b"
_CLAUSES = re.compile(
    rf"[;—]|:\s(?!on its way)|,\s+(?:but|however|and then|so)\b|\s-\s|\bbut\b"
    rf"|,?\s+(?:and|so)\s+(?={_SUBJECT}|(?:if|when|once)\b)"
    rf"|,\s+(?={_SUBJECT}|(?:an?|the|another) (?:\w+ )?(?:{_STRONG}|pair|one|unit)\b)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!]\s")
_BEGINS = re.compile(r"^(?:(?:and|or|but|so|then)\s+)?", re.IGNORECASE)

# Answers come in the language of the question. Of others than English the commonest: a remedy for somebody, no "if".
_ELSEWHERE = re.compile(
    r"\b(?:r?ü?ckerstatt|erstatt|ersatz\b|ersetz|umtausch|gutschrift|gutgeschrieben|neues? gerät|geld zurück"
    r"|rembours|remplac"
    r"|échang|avoir de|nouvel appareil|reembols|reemplaz|cambi(?:o|aremos)|abonaremos|devolveremos|substitu"
    r"|rimbors|sostitu"
    r"|tausch\w+ (?:es|sie|ihn|ihr\w*|dein\w*|das|den|die)\b|(?:producto|aparato|equipo|dispositivo|unidad|par) nuev"
    r"|nouveau (?:produit|modèle)|nuovo (?:apparecchio|prodotto|dispositivo)"
    r"|terugbeta|vervang|omruil|zwro[tc]|wymian)\w*",
    re.IGNORECASE,
)
_FOR_SOMEBODY = re.compile(
    r"\b(?:ich|wir|ihnen|ihr|ihre[mnrs]?|dir|dein\w*|sie erhalten|sie bekommen|je|nous|vous|votre|vos|te|le|les"
    r"|tu|su|sus|usted"
    r"|hemos|he|recibirá\w*|nós|você|lhe|receberá|vi|ti|le|abbiamo|ho|riceverà|suo|wij|we|u|uw|je|jouw|ci|pani|panu)\b",
    re.IGNORECASE,
)
_ELSEWHERE_IF = re.compile(
    r"\b(?:wenn|falls|sofern|sobald|nachdem|kein\w*|nicht|ob|si|lorsque|après|pas|aucun\w*|cuando|después|no|se"
    r"|quando|dopo|não"
    r"|non|als|indien|zodra|niet|geen|jeśli|nie)\b|\?$",
    re.IGNORECASE,
)
_ELSEWHERE_ONLY_WHEN = re.compile(
    r"\b(?:wenn|falls) (?:sie|du) (?:möchte\w*|woll\w+|willst|mög\w+)|\bsi vous (?:voulez|souhaitez)"
    r"|\bsi (?:lo |usted )?(?:quiere|desea|quieres|deseas)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\b(?:the|is|are|you|your|we'll|will|i've|have|has|of|and)\b", re.IGNORECASE)

# No page's policy says this: it is of today, or of what "I" do.
_AT_ONCE = re.compile(
    r"\b(?:today|tonight|tomorrow|(?:right|just) now|right away|at once|immediately|on (?:its|the|their) way|already"
    r"|i|i'(?:ve|ll|m)|(?:has|have) been|your order)\b",
    re.IGNORECASE,
)


def promises(sentence: DraftSentence) -> bool:
    """Whether it commits us. A sentence of the policy, word for word, does not, unless it is one that no policy has."""
    if not commits(sentence.text):
        return False
    said = flat(sentence.text).strip(" .")
    return bool(_AT_ONCE.search(said)) or all(said not in flat(citation.quote) for citation in sentence.citations)


def commits(sentence: str) -> bool:
    """Whether a sentence promises, announces or offers this asker a replacement, exchange, refund or credit."""
    plain = re.sub(r"[*_`\"]|\[\d+\]", "", flat(sentence)).strip()
    plain = re.sub(r"^(?:[-•>]|\d{1,3}[.)])\s+", "", plain)
    return any(_any_binds(part.strip(), plain) for part in _SENTENCES.split(plain))


def _any_binds(part: str, sentence: str) -> bool:
    """Whether a clause of a sentence does, before which no other one sets a condition."""
    for clause in filter(None, map(str.strip, _CLAUSES.split(part))):
        if _CONDITION.match(_BEGINS.sub("", _ONLY_WHEN.sub(" ", clause).strip(" ,"))):
            return False
        if _binds(clause, sentence):
            return True
    return False


def _binds(clause: str, sentence: str) -> bool:
    if not _ENGLISH.search(clause) and _ELSEWHERE.search(clause) and _FOR_SOMEBODY.search(clause):
        return not _ELSEWHERE_IF.search(_ELSEWHERE_ONLY_WHEN.sub(" ", sentence))
    if sentence.endswith("?") and _ASKING.match(clause):
        remedy = re.search(rf"\b(?:{_STRONG}|{_GOODS})", clause, re.IGNORECASE)
        return bool(remedy and _OFFERED.search(clause) and not _DENIED.search(clause) and not _CHECKING.search(clause))
    binding = _BINDING.search(clause)
    if binding is None or _CONDITION.search(_ONLY_WHEN.sub(" ", clause)):
        return False
    return not _excused(binding, clause)


def _excused(binding: re.Match[str], clause: str) -> bool:
    """It denies up to what would be promised, its subject only tells something, or others get it."""
    told = clause[binding.start() :]
    if _DENIED.search(clause[: binding.end()]) or _NOT_AFTER.match(clause, binding.end()) or _INFORMS.match(told):
        return True
    return bool(_OF_OTHERS.search(_OF_THE_ASKER.sub(" ", told.split(", ")[0])) or _OF_OTHERS.match(clause))
