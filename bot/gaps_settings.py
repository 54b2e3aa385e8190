"""[gaps]: when the admins are told what the documents lack."""

from pydantic import Field

from bot.human_time_settings import Zone
from bot.section import Section


class GapsSettings(Section):
    """`zone`: of Monday, nine o'clock."""

    zone: Zone = Field("UTC", examples=["Europe/Berlin"])
