"""What `frontdesk gaps` says, as it crosses the control socket and as --json prints it."""

from datetime import datetime

from pydantic import Field

from bot.desk.gaps import Gap, Gaps, advice
from ops.reports import Report


class GapsRequest(Report):
    weeks: int = Field(4, ge=1, le=52)
    desk: str | None = None


class NearReport(Report):
    title: str
    section: str
    similarity: float


class RatedReport(Report):
    title: str
    rating: str
    times: int


class GapReport(Report):
    """`advice`: the most urgent first. `sample` "": showing one would tell what somebody asked privately."""

    desk: str
    name: str
    sample: str
    questions: int
    askers: int
    per_week: float
    per_week_before: float
    trend: str
    near: tuple[NearReport, ...]
    restricted: int
    rated: tuple[RatedReport, ...]
    rated_restricted: int
    advice: tuple[str, ...]

    @classmethod
    def of(cls, gap: Gap) -> "GapReport":
        return cls(
            desk=gap.desk,
            name=gap.name,
            sample=gap.sample,
            questions=gap.questions,
            askers=gap.askers,
            per_week=round(gap.per_week, 2),
            per_week_before=round(gap.before, 2),
            trend=gap.trend,
            near=tuple(
                NearReport(title=one.title, section=one.section, similarity=round(one.similarity, 3))
                for one in gap.near
            ),
            restricted=gap.restricted,
            rated=tuple(RatedReport(title=one.title, rating=one.rating, times=one.times) for one in gap.rated),
            rated_restricted=gap.rated_restricted,
            advice=advice(gap),
        )


class GapsReport(Report):
    """`left_out`: questions that were too many to be looked at, the oldest of a desk."""

    begin: datetime
    end: datetime
    weeks: int
    gaps: tuple[GapReport, ...]
    left_out: int

    @classmethod
    def of(cls, gaps: Gaps) -> "GapsReport":
        found = tuple(map(GapReport.of, gaps.gaps))
        return cls(begin=gaps.begin, end=gaps.end, weeks=gaps.weeks, gaps=found, left_out=gaps.left_out)
