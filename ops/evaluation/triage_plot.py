"""The confusion matrix of triage as a picture: a row a true category, a column what it was taken for."""

from pathlib import Path

from PIL import Image, ImageDraw

from ops.evaluation.plot import FAINT, INK, SCALE, Canvas
from ops.evaluation.triage import TriageReport

LEFT, TOP, CELL, RIGHT, BOTTOM = 230, 96, 58, 90, 120
EMPTY, FULL = (255, 255, 255), (29, 78, 216)


def plot_confusion(report: TriageReport, path: Path) -> None:
    """Write a picture in the format that the path's suffix names. Raises OSError and ValueError."""
    names = [one.name for one in report.categories]
    size = CELL * len(names)
    image = Image.new("RGB", ((LEFT + size + RIGHT) * SCALE, (TOP + size + BOTTOM) * SCALE), "white")
    draw = ImageDraw.Draw(image)
    canvas = Canvas(draw)
    canvas.text(24, 28, "Triage of held complaints: what each category was taken for", size=20)
    canvas.text(
        24,
        58,
        f"{report.texts} texts, macro F1 {report.macro_f1:.2f}; darker: more of its row; right: recall",
        fill=FAINT,
    )
    for at, (name, row, category) in enumerate(zip(names, report.confusion, report.categories, strict=True)):
        middle = TOP + CELL * (at + 0.5)
        canvas.text(LEFT - 12, middle, name.replace("_", " ").lower(), size=13, anchor="rm")
        canvas.text(LEFT + size + 12, middle, f"{100 * category.recall:.0f} %", size=13, fill=FAINT)
        for column, count in enumerate(row):
            _cell(canvas, column, at, count, count / max(sum(row), 1))
        for line, word in enumerate(name.lower().split("_")):
            x, y = LEFT + CELL * (at + 0.5), TOP + size + 16 + 15 * line
            canvas.text(x, y, word, size=10, fill=FAINT, anchor="mm")
    image.save(path)


def _cell(canvas: Canvas, column: int, row: int, count: int, share: float) -> None:
    x, y = LEFT + CELL * column, TOP + CELL * row
    colour = tuple(round(low + (high - low) * share) for low, high in zip(EMPTY, FULL, strict=True))
    canvas.draw.rectangle(
        [x * SCALE, y * SCALE, (x + CELL) * SCALE, (y + CELL) * SCALE], fill=colour, outline="#d1d5db"
    )
    if count:
        fill = "white" if share > 0.5 else INK
        canvas.text(x + CELL / 2, y + CELL / 2, str(count), size=14, fill=fill, anchor="mm")
