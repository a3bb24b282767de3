"""Lines over a plane as SVG: enough for what the benchmarks plot, nothing more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 400
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 50, 60
COLOURS: Final = ("#1f6feb", "#d1571b", "#1a7f37", "#8250df", "#9a6700")
_TICKS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points joined by a line; sorted by x."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines with a common scale, both axes from 0."""

    title: str
    x: str  # what the axis says, with its unit
    y: str
    lines: tuple[Line, ...]
    bar: float | None = None  # what no line may rise above
    marks: bool = True  # a dot at each point

    def svg(self) -> str:
        """The chart, to be looked at on any background."""
        body = "\n".join(self._elements())
        style = "font:13px sans-serif;fill:#1f2328"
        view = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {view} style="{style}" role="img">\n{body}\n</svg>\n'

    def _elements(self) -> Iterator[str]:
        right, foot = WIDTH - RIGHT, HEIGHT - BOTTOM
        yield f"<title>{escape(self.title)}</title>"
        yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        yield _text(LEFT, 22, self.title, more='font-weight="bold"')
        yield _text((LEFT + right) / 2, HEIGHT - 12, self.x, anchor="middle")
        yield _text(LEFT, 42, self.y)
        for tick in _ticks(self._most_x):
            x = self._place_x(tick)
            yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{foot}" stroke="#d8dee4"/>'
            yield _text(x, foot + 18, f"{tick:,.10g}", anchor="middle")
        for tick in _ticks(self._most_y):
            y = self._place_y(tick)
            yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#d8dee4"/>'
            yield _text(LEFT - 8, y + 4, f"{tick:,.10g}", anchor="end")
        if self.bar is not None:
            y = self._place_y(self.bar)
            yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#cf222e" stroke-dasharray="6 4"/>'
            yield _text(right - 4, y - 6, f"at most {self.bar:,.10g}", anchor="end", more='style="fill:#cf222e"')
        for number, line in enumerate(self.lines):
            yield from self._drawn(line, COLOURS[number % len(COLOURS)], TOP + 18 + 18 * number)

    def _drawn(self, line: Line, colour: str, height: float) -> Iterator[str]:
        places = [(self._place_x(x), self._place_y(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        if self.marks:
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
        yield f'<rect x="{LEFT + 10}" y="{height - 9}" width="14" height="4" fill="{colour}"/>'
        yield _text(LEFT + 30, height - 3, line.name)

    @property
    def _most_x(self) -> float:
        return max(x for line in self.lines for x, _ in line.points)

    @property
    def _most_y(self) -> float:
        return 1.25 * max(self.bar or 0, *(y for line in self.lines for _, y in line.points))

    def _place_x(self, x: float) -> float:
        return LEFT + x / self._most_x * (WIDTH - RIGHT - LEFT)

    def _place_y(self, y: float) -> float:
        return HEIGHT - BOTTOM - y / self._most_y * (HEIGHT - BOTTOM - TOP)


def _ticks(most: float) -> Sequence[float]:
    """Round numbers from 0 to *most*, about five."""
    rough = most / _TICKS
    unit = 10 ** floor(log10(rough))
    step = unit * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * unit >= rough)
    return [number * step for number in range(floor(most / step) + 1)]


def _text(x: float, y: float, text: str, *, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
