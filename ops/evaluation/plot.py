"""The ladder as a picture: what each rung reaches, with its 95 % intervals, its time and its price."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ops.evaluation.figures import Figures, Share
from ops.evaluation.ladder import LadderReport, RungReport
from ops.evaluation.success import Success

MEASURES = (
    ("outcome_accuracy", "right outcome", "#1d4ed8"),
    ("facts_present", "every fact", "#0f766e"),
    ("citation_precision", "right source cited", "#b45309"),
)
INK, FAINT, LINE, BAD, GOOD = "#1f2937", "#6b7280", "#d1d5db", "#b91c1c", "#15803d"
SCALE = 2  # pixels a unit: sharp on a screen of today, and when printed
LEFT, RIGHT, WIDTH, TOP, ROW, BOTTOM = 210, 720, 1080, 112, 92, 64


@dataclass(frozen=True, slots=True)
class Canvas:
    draw: ImageDraw.ImageDraw

    def text(
        self, x: float, y: float, said: str, *, size: int = 14, fill: str = INK, anchor: str = "lm", behind: str = ""
    ) -> None:
        font, at = ImageFont.load_default(size * SCALE), (x * SCALE, y * SCALE)
        if behind:
            self.draw.rectangle(self.draw.textbbox(at, said, font=font, anchor=anchor), fill=behind)
        self.draw.text(at, said, fill=fill, font=font, anchor=anchor)

    def line(self, x1: float, y1: float, x2: float, y2: float, *, fill: str, width: int = 1) -> None:
        self.draw.line([(x1 * SCALE, y1 * SCALE), (x2 * SCALE, y2 * SCALE)], fill=fill, width=width * SCALE)

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        box = [((x - radius) * SCALE, (y - radius) * SCALE), ((x + radius) * SCALE, (y + radius) * SCALE)]
        self.draw.ellipse([*box[0], *box[1]], fill=fill)


def plot(report: LadderReport, path: Path) -> None:
    """Write a picture in the format that the path's suffix names. Raises OSError and ValueError."""
    height = TOP + ROW * len(report.rungs) + BOTTOM
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), "white")
    canvas = Canvas(ImageDraw.Draw(image))
    _head(canvas, report)
    _axis(canvas, height - BOTTOM, report.success)
    for at, rung in enumerate(report.rungs):
        _rung(canvas, rung, TOP + ROW * at, lowest=rung.name == report.lowest)
    image.save(path)


def _head(canvas: Canvas, report: LadderReport) -> None:
    measured = next((one.figures for one in report.rungs if one.figures), None)
    part = "held cases" if any("held" in one.parts for one in report.rungs) else "cases"
    canvas.text(24, 28, f"{report.desk}: what each rung reaches", size=20)
    asked = f"{report.prompt.name} {report.prompt.version}, {measured.cases if measured else 0} {part}"
    asked += f", {report.model}" if report.model else ""
    canvas.text(24, 56, f"{asked}; bars are 95 % intervals, dotted lines the success criterion", fill=FAINT)
    x = LEFT
    for _, label, colour in MEASURES:
        canvas.dot(x + 6, 84, 5, colour)
        canvas.text(x + 18, 84, label, size=13)
        x += 170


def _axis(canvas: Canvas, bottom: float, success: Success | None) -> None:
    for percent in range(0, 101, 20):
        x = _x(percent / 100)
        canvas.line(x, TOP, x, bottom, fill=LINE)
        canvas.text(x, bottom + 16, f"{percent} %", size=13, fill=FAINT, anchor="mm")
    least = success.at_least.model_dump() if success else {}
    for name, _, colour in MEASURES:
        if (value := least.get(name)) is not None:
            for y in range(TOP, int(bottom), 8):
                canvas.line(_x(value), y, _x(value), min(y + 4, bottom), fill=colour, width=2)


def _rung(canvas: Canvas, rung: RungReport, top: float, *, lowest: bool) -> None:
    middle, figures = top + ROW / 2, rung.figures
    canvas.line(24, top, WIDTH - 24, top, fill=LINE)
    canvas.text(24, middle, rung.name, size=16)
    if figures is None:
        for at, line in enumerate(_wrapped(rung.said, 62)):
            canvas.text(LEFT + 20, middle + 18 * at, line, fill=FAINT, behind="white")
        return
    for at, (name, _, colour) in enumerate(MEASURES):
        _share(canvas, getattr(figures, name), top + 24 + 22 * at, colour)
    canvas.text(RIGHT + 70, top + 24, _price(figures), size=13, fill=FAINT)
    verdict = "meets the criterion" if rung.unmet == () else "misses the criterion" if rung.unmet else ""
    verdict += ": the lowest that does" if lowest else ""
    canvas.text(RIGHT + 70, top + 46, verdict, size=13, fill=BAD if rung.unmet else GOOD)
    if figures.sentences_uncited.value:
        said = f"{100 * figures.sentences_uncited.value:.0f} % of statements uncited"
        canvas.text(RIGHT + 70, top + 68, said, size=13, fill=BAD)


def _share(canvas: Canvas, share: Share, y: float, colour: str) -> None:
    if share.value is None or share.low is None or share.high is None:
        return
    canvas.line(_x(share.low), y, _x(share.high), y, fill=colour, width=2)
    canvas.dot(_x(share.value), y, 5, colour)
    canvas.text(RIGHT + 8, y, f"{100 * share.value:.0f} %", size=13, fill=colour)


def _price(figures: Figures) -> str:
    seconds = (figures.latency_p50_ms or 0) / 1000
    cost = "cost unknown" if figures.cost_each is None else f"${figures.cost_each:.4f} an answer"
    return f"p50 {seconds:.2f} s, {cost}"


def _x(share: float) -> float:
    return LEFT + 12 + share * (RIGHT - LEFT - 24)


def _wrapped(text: str, width: int) -> Sequence[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
