"""One line of `frontdesk doctor`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Check(BaseModel):
    """What was looked at and what was found. `warning`: it works, and less than it could."""

    model_config = ConfigDict(frozen=True)

    name: str
    verdict: Literal["ok", "warning", "failed"]
    said: str
