"""The units and the number words that figures are written in, each in its spellings."""

from decimal import Decimal

_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
NUMBERS = {word: number for number, word in enumerate(_COUNTED.split())}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
NUMBERS |= _TENS | {f"{ten}-{one}": _TENS[ten] + NUMBERS[one] for ten in _TENS for one in list(NUMBERS)[1:10]}
NUMBERS |= {"hundred": 100, "one hundred": 100, "dozen": 12, "thousand": 1000}

# A spelling -> (factor, unit); a unit -> its spellings.
UNITS: dict[str, tuple[Decimal, str]] = {}
SPELLINGS: dict[str, set[str]] = {}
for _name, _factor, _spellings in (
    ("$", "1", "dollar dollars usd bucks price cost fee"),
    ("$", "0.01", "cent cents"),
    ("€", "1", "euro euros eur"),
    ("£", "1", "pounds-sterling gbp"),
    ("CA$", "1", "cad"),
    ("A$", "1", "aud"),
    ("¥", "1", "yen jpy"),
    ("₹", "1", "rupees inr"),
    ("CHF", "1", "francs"),
    ("%", "1", "percent pct"),
    ("pp", "1", "percentage-points"),
    ("bp", "1", "basis-points"),
    ("min", "1", "minute minutes mins"),
    ("min", "60", "hour hours hr hrs"),
    ("s", "1", "second seconds sec secs"),
    ("day", "1", "day days"),
    ("day", "7", "week weeks"),
    ("business day", "1", "business-day"),
    ("month", "1", "month months"),
    ("month", "12", "year years yr yrs"),
    ("in", "1", "inch inches"),
    ("in", "12", "foot feet ft"),
    ("m", "1", "metre metres meter meters"),
    ("m", "0.01", "cm centimetre centimetres centimeter centimeters"),
    ("m", "0.001", "mm millimetre millimetres millimeter millimeters"),
    ("kg", "1", "kilogram kilograms kilo kilos"),
    ("kg", "0.001", "g gram grams"),
    ("lb", "1", "lbs pound pounds"),
    ("oz", "1", "ounce ounces"),
    ("W", "1", "w watt watts"),
    ("Wh", "1", "wh watt-hour watt-hours"),
    ("V", "1", "v volt volts"),
    ("A", "1", "amp amps ampere amperes"),
    ("mAh", "1", "mah"),
    ("mAh", "1000", "ah"),
    ("GB", "1", "gb gigabyte gigabytes"),
    ("GB", "0.001", "mb megabyte megabytes"),
    ("GB", "1000", "tb terabyte terabytes"),
    ("Gbps", "1", "gbps gbit/s gb/s"),
    ("Gbps", "0.001", "mbps mbit/s"),
    ("Hz", "1", "hz hertz"),
    ("Hz", "1000000", "mhz"),
    ("Hz", "1000000000", "ghz"),
    ("nits", "1", "nit nits cd/m2"),
    ("dB", "1", "db decibel decibels"),
    ("lm", "1", "lumen lumens"),
    ("MP", "1", "mp megapixel megapixels"),
    ("K", "1", "k"),
    ("point", "1", "point points"),
):
    SPELLINGS.setdefault(_name, {_name.lower()}).update(_spellings.split())
    for _spelling in {*_spellings.split(), _name.lower()} if _factor == "1" else _spellings.split():
        if _spelling not in ("price", "cost", "fee"):
            UNITS[_spelling] = (Decimal(_factor), _name)
