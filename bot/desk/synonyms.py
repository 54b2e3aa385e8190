"""Everyday words for what documents call otherwise: "guarantee" is a warranty, a "shop" a store, "wfh" is remote work.

Data. A row is one concept; its first word is the one that documents use. Words are compared by their stems, and a word
stands in one row only. Only pairs that mean the same wherever a desk is asked belong here.
"""

import re
from functools import lru_cache

from bot.desk.words import content_words, flat, stem

_ROWS = """
    warranty guarantee guaranty
    refund reimburse reimbursement repay
    return bring-back send-back give-back
    exchange swap
    pickup collect pick-up
    bring show
    store shop branch outlet
    price cost costs pricing expensive charge fee amount much
    cheap inexpensive
    discount rebate deal
    free complimentary gratis
    deposit downpayment
    pay payment
    shipping delivery deliver ship postage mail post send
    parcel package shipment
    box carton packaging cardboard
    damaged broken dented smashed cracked shattered
    defective faulty dead defect
    repair fix mend
    phone smartphone cellphone mobile handset
    headphones cans headset over-ear
    earbuds earphones buds
    laptop notebook
    tv television telly
    refrigerator fridge
    remove uninstall
    monitor screen display
    charger plug adapter
    cable cord lead
    wi-fi wifi
    drone copter quadcopter
    vacuum vac hoover
    router modem
    installment instalment installments
    account profile
    invoice bill
    credit-card visa mastercard
    picture photo pic image
    cancel quit terminate
    expire lapse expiry expiration
    contact reach
    open staffed hours
    child kid kids children
    left-handed lefty lefties
    rechargeable rechargeables
    employee staff worker
    manager boss supervisor
    salary wage earn earnings
    remote wfh home-office telework
    vacation holiday pto annual-leave
    sick ill unwell
    resign resignation leave-the-company
    probation trial-period
    reference zeugnis
    bereavement funeral death died
    glasses spectacles
    plan subscription tier
    yearly annual annually
    seat user
    sso single-sign-on
    breach leak leaked
    webhook callback
    rack cabinet
    temperature hot cold
    weight heavy weigh
    lost missing gone
    stolen nicked theft
    nonprofit charity non-profit
    maximum max
    minimum min
    minute minutes mins
    weekly week
"""


def _concepts() -> dict[str, str]:
    known: dict[str, str] = {}
    for row in _ROWS.strip().splitlines():
        first, *others = row.split()
        for word in (first, *others):
            known.setdefault(stem(word), stem(first))
    return known


_CONCEPT = _concepts()


# In a question these are replaced: an embedding takes the everyday word for something else, or knows it less.
_EVERYDAY = {
    "guarantee": "warranty", "shop": "store", "branch": "store", "cans": "headphones", "telly": "TV",
    "fridge": "refrigerator", "copter": "drone", "quadcopter": "drone", "vac": "vacuum", "nicked": "stolen",
    "boss": "manager", "charity": "nonprofit", "wfh": "work from home", "lefties": "left-handed people",
    "lefty": "left-handed", "chucked": "threw", "postage": "shipping", "guys": "team", "quit": "cancel",
    "perks": "benefits", "deadbolt": "lock", "bucks": "dollars", "cardboard": "packaging",
    "carton": "packaging", "haul": "take", "thrown": "included", "u": "you", "ur": "your", "wat": "what",
    "wich": "which", "pls": "please", "gigs": "GB", "socket": "port", "leeway": "exception",
    "aas": "AA batteries", "aaas": "AAA batteries", "pinched": "stolen",
}  # fmt: skip
_PHRASES = {
    "trial period": "probation", "click & collect": "store pickup", "click and collect": "store pickup",
    "collect an order": "pick up an order", "collect my order": "pick up my order", "money back": "refund",
    "send it back": "return it", "sending it back": "returning it", "take it back": "accept the return",
    "bring it back": "return it", "bringing back": "returning", "bring back": "return", "go back": "be returned",
    "second hand": "refurbished", "days off": "leave days", "blow the whistle": "report misconduct",
    "pay out": "cover", "put it on the wall": "wall mount it", "won't be in": "am sick",
    "straight away": "immediately", "right away": "immediately", "run me": "cost me", "set me back": "cost me",
    "actual money": "cash", "real money": "cash", "most money": "maximum amount",
    "wiggle room": "exception",
}  # fmt: skip
# What is promised so is no thing that breaks: it has no warranty.
_PROMISES = tuple(
    f"{what} guarantee" for what in ("uptime", "service", "availability", "price", "delivery", "you", "we", "to", "can")
)
_WORDINGS = _PHRASES | _EVERYDAY | dict(zip(_PROMISES, _PROMISES, strict=True))
_TOKEN = re.compile(
    rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(_WORDINGS, key=len, reverse=True)))})(?![\w-])", re.IGNORECASE
)


def plainly(question: str) -> str:
    """A question with everyday words as documents put them."""
    return _TOKEN.sub(lambda words: _WORDINGS[words[0].lower()], question)


@lru_cache(maxsize=4096)
def concepts(text: str) -> frozenset[str]:
    """What a text is about: its content words, each synonym as the word that documents use."""
    plain = flat(text).lower()
    own = {stem("guarantee")} if any(promise in plain for promise in _PROMISES) else set()
    return frozenset(word if word in own else _CONCEPT.get(word, word) for word in content_words(plain))
