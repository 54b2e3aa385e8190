"""Messages that need no documents: a greeting, thanks, an emoji, nothing, far too much, too little to look up; a call
for a human. Pure.

The replies hold no factual sentence (Outcome.ASKED).
"""

import re
from collections.abc import Sequence

from bot.desk.foreign_calls import calls_for_human
from bot.desk.foreign_courtesies import foreign_courtesy
from bot.desk.languages import is_english
from bot.desk.model import Turn
from bot.desk.sentences import split_sentences
from bot.desk.words import codes, content_words, flat

EMPTY = "You mentioned me without a question. What would you like to know?"
EMOJI = "Noted. Is there something I can look up for you?"
TOO_LONG = (
    "That message is too long for me to answer well ({length:,} characters). "
    "Could you put your question in a few sentences?"
)
PRESS_FOR_HUMAN = "Press *Talk to a human* below and somebody takes it from here."

HELLO = "Hello! What can I look up for you?"
NOTED = "Good to hear from you. Ask me whenever there is something to look up."
YOUR_QUESTION = "Sure. What is your question?"
WELCOME = "You're welcome. Ask me whenever something else comes up."
FAREWELL = "Goodbye! Take care."
_FOREIGN = {"greeting": HELLO, "thanks": WELCOME, "goodbye": FAREWELL}

_ADDRESS = (
    r"(?: (?:there|all|team|everyone|bot|frontdesk|desk|again|so much|a lot|very much|much|for (?:the|your) help"
    r"|a (?:bunch|ton|million)|anyway|folks|guys|for now))*"
)
_REPLIES = tuple(
    (re.compile(rf"(?:{words}){_ADDRESS}"), reply)
    for words, reply in (
        (
            r"(?:ok|okay|great|perfect|awesome|got it|cool|nice|super|no|yes)?[, ]*(?:many )?"
            r"(?:thanks|thank you|thx|ty|cheers|much appreciated|appreciated|tysm)",
            WELCOME,
        ),
        (
            r"hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo",
            HELLO,
        ),
        (
            r"bye|goodbye|see you|see ya|good night|have a (?:nice|good|great) (?:day|one|evening|weekend)",
            FAREWELL,
        ),
        (
            r"ok|okay|k|great|perfect|awesome|got it|cool|nice|super|alright|all right|understood|fine|good|will do",
            "Good. Ask me whenever something else comes up.",
        ),
        (r"sorry|my bad|oops|never ?mind|nvm|ignore (?:that|this)", "No problem. What would you like to know?"),
        (
            r"help|help me|can you help(?: me)?|i need help|i have a question|question|test|ping",
            YOUR_QUESTION,
        ),
        (r"how are you(?: doing)?|what's up|sup", "Ready to help. What can I look up for you?"),
        (r"lol|haha+|hehe+|wow|hmm+|huh", "Is there something I can look up for you?"),
    )
)
_EMOJI = re.compile(r"(?::[a-z0-9_+'-]+(?:::skin-tone-\d)?:|[^\w\s?])+", re.IGNORECASE)
_PLEASED = re.compile(
    r"(?:(?:that|this|it|you|works?|all|everything|problem|you've|you're|saved|made|solved|fixed"
    r"|helped|sorted|now|really"
    r"|totally|just|is|was|were|are|did|the|my|me|a|so|very|lot|best|great|helpful|perfect|awesome"
    r"|kind|good|day|life|star"
    r"|legend|hero|trick|again|bye|goodbye|see|later|then|for|and|thanks|thank|thx|cheers|have|nice|one|weekend|evening"
    r"|appreciate|appreciated|working|fine|well|quick|fast|help|answer|lifesaver|amazing|brilliant"
    r"|super|ok|okay|hi|hello"
    r"|hey|morning|afternoon|everyone|all|team|much|i|i'm|that's|it's|today)(?: |$))+"
)
_PLEASED_BY = re.compile(
    r"\b(?:thanks|thank|thx|cheers|saved|helped|best|great|helpful|perfect|awesome|lifesaver|amazing"
    r"|brilliant|bye|goodbye"
    r"|appreciated?|works now|legend|hero|solved|sorted)\b"
)
_BEGINS_TO_ASK = re.compile(r"(?:is|are|was|do|does|did|can|could|how|what|which|who|why|when|where)\b")
_YES = re.compile(r"(?:yes|yep|yeah|sure|ok|okay|please|yes please|please do|sure please|go ahead|do it)")
_HUMAN = re.compile(
    r"(?:please |can you |could you |can i |could i |may i |i (?:want|need|would like|wish|prefer) (?:to )?"
    r"|i'd like to |let me |just |get me |give me |connect me (?:to|with) |transfer me to )*"
    r"(?:(?:talk|speak|chat|connect|transfer|put me through|hand (?:me )?over|escalate)(?: me| this)?"
    r" ?(?:to|with)? )?(?:an? |the |some |your )?(?:real |live |actual |human )*"
    r"(?:human|person|agent|representative|rep|someone|somebody|human being|support agent|operator|manager|supervisor)"
    r"(?: (?:please|now|instead|help me|from support))*"
)

# Said with a reason or in anger: "I want to speak to a manager NOW, this is ridiculous".
_CALL = re.compile(
    r"(?:please |i (?:want|need|would like|demand) (?:to )?|i'd like to |let me |can i |could i |may i )*"
    r"(?:talk|speak|chat) (?:to|with) (?:an? |the |some |your )?(?:real |live |actual |human )*"
    r"(?:human|person|agent|representative|rep|someone|somebody|operator|manager|supervisor)\b.*"
)


# What no page settles: somebody suffers, or disputes what was done to them, and says so of themselves.
_DISTRESS = re.compile(
    r"\bi(?:'m| am| feel| keep)? (?:\w+ ){0,3}(?:burn(?:ing|t|ed) out|cry(?:ing)? (?:before|at|every|after)|suicidal"
    r"|depressed|having panic|harassed|bullied|discriminated)\b"
    r"|\b(?:he|she|they|my (?:boss|manager|colleague|team ?lead)) (?:\w+ ){0,3}(?:harass|bull(?:y"
    r"|ies)|grop|threaten|insult)"
    r"\w* me\b|\b(?:kill|hurt|harm) myself\b"
)
_GRIEVANCE = re.compile(
    r"\b(?:i|we) (?:want|need|would like|wish|have) to (?:complain|make a complaint|file a (?:complaint|grievance))\b"
    r"|\b(?:got|received|given|have) (?:a|an|my) (?:\w+ )?(?:written |formal "
    r"|final )?warning\b.*\b(?:not true|unfair|wrong"
    r"|untrue|a lie|disagree|false)\b"
)
_WHO = (
    r"(?:an? |the |some |your |that )?(?:real |live |actual |human )*(?:human|person|agent|representative|rep|operator"
    r"|manager|supervisor|(?:team|shift) lead(?:er)?|team leader|boss|someone|somebody|anyone|anybody|human being)"
)
_FETCH = re.compile(
    r"\b(?:get|bring|fetch) me (?:someone|somebody|a (?:real |live )?(?:human|person|agent)|a manager)\b"
    r"|\b(?:connect|put|hand|pass|transfer) me (?:up |through |over |on )?(?:with|to) (?:a |an |your |the )?"
    r"(?:\w+ )?(?:support|team|human|person|agent|someone|somebody|colleague|staff)\b"
    r"|^(?:please |can you |could you |just |now |i want (?:you )?to |i'd like (?:you )?to )*escalate"
    r" (?:this|it|my (?:case|issue|complaint|ticket|problem))(?: to (?:an?|the|your) \w+| please| now)*$"
    r"|\b(?:can|could|may|would) (?:please )?(?:an?|some) (?:real |live |actual )?(?:human(?: being)?|person|supervisor"
    r"|manager) (?:please )?(?:have a look|look (?:at|into)|take (?:this |it )?over|step in|call me|contact me)\b"
    rf"|\b(?:i want|i need|i'd like|i would like|i demand|let me|can i|could i|may i) (?:to )?(?:talk"
    rf"|speak|chat) (?:to|with) {_WHO}\b"
    r"|^(?:is|are) there (?:any|some)(?:one|body)(?: else| human| real| live)* (?:i|we|that i"
    r"|who i) can (?:talk|speak|chat)\b"
)
# A question for a document, also where it is about people, and a question for somebody to talk to.
_ASKS_HOW = re.compile(
    r"(?:(?:hi|hello|hey|so|and|but|ok|okay|please|quick question|do you know|(?:can|could) you tell me) )*"
    r"(?:how|who|whom|whose|what(?! an? )|which|where|when)\b"
)
_FOR_SOMEBODY = re.compile(
    r"\b(?:talk|speak|chat)(?:ing)? (?:to|with) (?:an? |some |your )?(?:real |live |actual |human )*(?:human|person"
    r"|agent|someone|somebody|representative|rep|operator|manager|supervisor)\b"
    r"|\bwhom? (?:can|could|do|should|may) i (?:talk|speak|chat) (?:to|with)$"
    r"|\b(?:reach|contact|get|find|past (?:this|the) bot)(?: (?:hold of|through to|in touch with|to))?"
    r" (?:an? |some |any )?(?:real |live |actual |human )*(?:human(?: being)?|person|agent|someone|somebody"
    r"|representative|rep|operator)\b(?!'s| (?:who|that|for|from|on|into|as)\b"
    r"| to (?!talk|speak|chat|look|help|call|answer))"
)
_OF_ONESELF = re.compile(r"\bi(?:'m| am| feel| can't| cannot| need| want)\b|\blet me\b")
WHAT_FAILS = (
    "What exactly goes wrong, and with which product or service? A name, a model or the error's text helps me look."
)
WHICH = "Which product, plan or topic do you mean?"
ABOUT_WHAT = "What would you like to know about “{topic}”, and for which product or case?"
# Words that ask without saying about what.
_ORDERS = content_words("order orders")  # of which a desk may know the asker's
_GENERIC = content_words(
    "how much cost price limit long many when where which deadline fee charge number size question problem issue thing"
    " stuff information info details help know need want use one something anything ok other with different"
    " rule rules policy"
)
_TROUBLE = content_words(
    "doesn't work works working not broken error errors fails failed failing problem issue trouble wrong stuck bug cras"
    "h"
    " get getting keeps fix it won't isn't still again happens something help stopped"
)
_LEADS_NOWHERE = re.compile(r"(?:(?:how|what) about|and|about|the|my|a|an|regarding|re:?)\b", re.IGNORECASE)


def courtesy(text: str, limit: int, turns: Sequence[Turn] = ()) -> str | None:
    """The reply to a message that asks nothing, or too much; None where there is a question to look up."""
    if len(text) > limit:
        return TOO_LONG.format(length=len(text))
    plain = flat(text)
    if not plain:
        return EMPTY
    if _EMOJI.fullmatch(plain.replace(" ", "")):
        return EMPTY if re.fullmatch(r"[.,;!:-]+", plain) else EMOJI
    said = _words(plain)
    if _YES.fullmatch(said) and turns and turns[-1].role == "desk" and "human" in turns[-1].text[-200:].lower():
        return PRESS_FOR_HUMAN
    if found := next((reply for pattern, reply in _REPLIES if pattern.fullmatch(said)), None):
        return found
    if "?" not in plain and not _BEGINS_TO_ASK.match(said) and _PLEASED.fullmatch(said) and _PLEASED_BY.search(said):
        return FAREWELL if re.search(r"\b(?:bye|goodbye|see you)\b", said) else WELCOME
    if kind := foreign_courtesy(said):
        return _FOREIGN[kind]
    return None if begun(turns) or wants_human(plain) else clarifying(plain)


def begun(turns: Sequence[Turn]) -> bool:
    """Whether something was talked about: who has only said hello begins with what comes next."""
    theirs = [_words(flat(turn.text)) for turn in turns if turn.role == "asker"]
    return bool(turns) and not (theirs and all(map(_greets, theirs)))


def _greets(said: str) -> bool:
    return any(pattern.fullmatch(said) for pattern, _ in _REPLIES) or foreign_courtesy(said) is not None


def clarifying(text: str) -> str | None:
    """What to ask back, in a new conversation, about a message that names nothing that could be looked up. Of another
    language the words here know nothing."""
    if not is_english(text):
        return None
    words = content_words(text)
    tokens = re.findall(r"[\w'-]+", text)
    if words & _ORDERS or codes(text) or re.search(r"[^\W\d_]\d|\d[^\W\d_]|--\w|\w_\w", text):
        return None
    if words <= _TROUBLE and words & _TROUBLE:
        return WHAT_FAILS
    if words <= _GENERIC:
        return WHICH
    topic = [token for token in tokens if content_words(token)]
    bare = len(topic) == 1 and (len(tokens) == 1 or _LEADS_NOWHERE.match(text))
    return ABOUT_WHAT.format(topic=plain_word(topic[0])) if bare else None


def plain_word(word: str) -> str:
    return word.strip("'-_").lower()


def wants_human(text: str) -> bool:
    """The message is a call for a human, or a trouble that is none for documents; "can a person return two items?" is
    neither."""
    said = _words(flat(text))
    if len(said) <= 300 and (_DISTRESS.search(said) or _GRIEVANCE.search(said) or _FETCH.search(said)):
        return True
    if len(said) <= 300 and calls_for_human(said):
        return True
    if len(said) <= 120 and _CALL.fullmatch(said):
        return True
    return len(said) <= 80 and bool(_HUMAN.fullmatch(said)) and said not in ("someone", "somebody", "the manager")


def asks_how(text: str) -> bool:
    """The message is one question of how, who or what, and not for somebody to talk to: it is looked up, although it
    sounds like a call for a human. Who tells of themselves is heard."""
    said = _words(flat(text))
    if len(split_sentences(flat(text))) > 1 or _OF_ONESELF.search(said):
        return False
    return bool(_ASKS_HOW.match(said)) and not _FOR_SOMEBODY.search(said)


def _words(plain: str) -> str:
    """Lower case, without emoji and punctuation around the words."""
    bare = re.sub(r":[a-z0-9_+'-]+:|(?<!\S)[:;=8x]-?[)(dp/|3*](?!\S)", " ", plain.lower())
    return " ".join(re.sub(r"[^\w\s',:]|[,:](?!\S)", " ", bare).replace(",", " ").split())
