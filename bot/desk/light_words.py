"""Words of a question that no answer has to speak of: whom it is for, how it is put. Data, and a look-up.

Unlike the words without meaning (bot.desk.words) they count where a text is compared as a whole.
"""

from bot.desk.synonyms import concepts

_WORDS = """
    s m re t ve ll d u ur im ive dont cant one ones thing things stuff something anything everything nothing someone
    somebody anyone anybody everyone everybody nobody other another else different same new still now again ever never
    always yet really actually simply even maybe ok okay well sure fine good great nice cool possible able allowed
    available go goes going gone went come comes came coming take takes took taken taking put puts gets getting gives
    gave given giving make makes made making lets done doing use uses used using wants wanted like needs needed try
    tries trying happen happens happened say says said tells told know knows think see look looks find found ask asked
    asking hear guys people folks friend friends wife husband son daughter sister brother mother father dad mum mom
    kid he she him her his hers mine myself ours yours theirs whether here over down around through between away along
    together per each every most less least lot bit few several kind sort way case last next first since ago meanwhile
    already soon whatever anyway sorry hi hello hey thank lol ugh suppose supposed right stuck whats hows exactly
    whole actual real own owns part today tomorrow yesterday question quick kinda gonna wanna gotta rule rules policy
    policies document documents version mate
"""
_LIGHT = frozenset(_WORDS.split())
_LIGHT_CONCEPTS = concepts(_WORDS)


def says_little(word: str) -> bool:
    return word.lower() in _LIGHT


def weighty(text: str) -> frozenset[str]:
    """The concepts of a text that an answer to it has to speak of."""
    return concepts(text) - _LIGHT_CONCEPTS
