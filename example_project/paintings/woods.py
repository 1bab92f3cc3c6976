"""Woods: firs in fog, firs under northern lights, birches."""

import math
from itertools import pairwise

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .brushes import Canvas, Point, both, gradient, mix, noise, spline, steep, wander


def fir(canvas: Canvas, foot: Point, height: float) -> list[Point]:
    """Outline a fir: its branches droop, and are shorter towards the top."""
    (x, base), tiers = foot, max(5, int(height * 55))
    sides: dict[int, list[Point]] = {-1: [], 1: []}
    for tier in range(tiers):
        y = base - height * (1 - tier / tiers)
        for sign, side in sides.items():
            reach = height / canvas.ratio * 0.22 * (tier + 0.4) / tiers
            reach *= sign * canvas.random.uniform(0.7, 1.15)
            side += [(x + reach * 0.5, y), (x + reach, y + height * 0.95 / tiers)]
    return [(x, base - height), *sides[1], *reversed(sides[-1])]


def wood(canvas: Canvas, base: float, height: float, count: int) -> Image.Image:
    """Mask a row of firs, dense at the foot, and the ground that they stand on."""
    trees = []
    for number in range(count):
        foot = (number + canvas.random.uniform(0, 1)) / count, base + 0.01
        trees.append(fir(canvas, foot, height * canvas.random.uniform(0.4, 1)))
    ground = base - height * 0.25
    return canvas.shape(*trees, [(0, ground), (1, ground), (1, 1.01), (0, 1.01)])


def forest_in_fog() -> Image.Image:
    canvas = Canvas(1440, 2160, "fog")
    canvas.wash([(0, "#dfe3dd"), (0.35, "#e9ebe2"), (0.7, "#c4cec8"), (1, "#93a59f")])
    canvas.light("#fff6e0", canvas.glow((0.62, 0.2), 0.7, 1.6))
    tints = ("#c3cdc9", "#a3b3b0", "#7c9391", "#4f6b6b", "#284446", "#10272b")
    for depth, tint in enumerate(tints):
        count, base = 15 - depth * 2, 0.5 + depth * 0.115
        trees = []
        for number in range(count):
            foot = (number + canvas.random.uniform(0.1, 0.9)) / count, base + 0.06
            height = (0.16 + depth * 0.075) * canvas.random.uniform(0.7, 1.15)
            trees.append(fir(canvas, foot, height))
        hidden = mix(tint, "#dbe0d9", 0.75 - depth * 0.1)
        ground = canvas.below(wander(canvas.random, 40, 0.5), base + 0.045, 0.015)
        mask = ImageChops.lighter(canvas.shape(*trees), ground)
        canvas.lay([(base - 0.25, tint), (base + 0.1, hidden)], mask)
        bank = both(canvas.clouds(2, 4, 4), canvas.glow((0.5, base + 0.1), 1.3, 1, 0.4))
        canvas.lay("#e4e7df", steep(bank, 0.1, 0.75), 0.75 - depth * 0.06)
    return canvas.finish()


def northern_lights() -> Image.Image:
    canvas = Canvas(2160, 1440, "aurora")
    shore = 0.72
    canvas.wash([(0, "#050b1c"), (0.35, "#0a1f33"), (shore, "#17434a")])
    stars(canvas, 900)
    near = [(-0.1, 0.6), (0.15, 0.5), (0.35, 0.56), (0.5, 0.44), (0.7, 0.5), (1.1, 0.3)]
    far = [(-0.1, 0.34), (0.2, 0.4), (0.45, 0.3), (0.62, 0.36), (0.85, 0.24), (1.1, 0.28)]
    _curtain(canvas, near, "#7a5cc8", 1)
    _curtain(canvas, far, "#b35fae", 0.7)
    hills = canvas.below(wander(canvas.random, 500, 0.45, 3), shore - 0.035, 0.05)
    canvas.lay("#0a1d28", hills)
    canvas.lay("#040b12", wood(canvas, shore, 0.11, 110))
    canvas.mirror(shore)
    water = canvas.under(shore)
    canvas.lay([(shore, "#1f4a5c"), (1, "#0b2233")], water, 0.35)
    canvas.lay("#7fe0c0", both(steep(canvas.waves(shore, 30, 200), 0.62, 1), water), 0.16)
    return canvas.finish(grain=6)


def stars(canvas: Canvas, count: int) -> None:
    field = Image.new("L", canvas.size)
    for _ in range(count):
        x, y = (int(canvas.random.random() * side) for side in canvas.size)
        bright = int(60 + 195 * canvas.random.random() ** 4)
        side = 2 + bright // 150
        field.paste(bright, (x, y, x + side, y + side))
    canvas.light("#e8f0ff", field.filter(ImageFilter.GaussianBlur(0.8)))


def _curtain(canvas: Canvas, points: list[Point], upper: str, strength: float) -> None:
    """Hang a veil of light on a path, strip by strip; every strip is as bright as its ray."""
    width, height = canvas.size
    path = spline(points, 60)
    rays = noise(canvas.random, (width, 1), (26, 1), 6)
    fading = [(0, "#000"), (0.45, "#3a3a3a"), (0.8, "#bbb"), (0.95, "#fff"), (1, "#000")]
    fade = gradient((1, 500), fading).getchannel(0)
    veil = Image.new("L", canvas.size)
    for x in range(0, width, 4):
        ray = rays.getpixel((x, 0)) / 255
        tall, foot = (
            round(height * (0.22 + 0.25 * ray)),
            round(_height_at(path, x / width) * height),
        )
        strip = fade.point(lambda value, ray=ray: value * (0.35 + 0.65 * ray) * strength)
        veil.paste(strip.resize((4, tall)), (x, foot - tall))
    veil = veil.filter(ImageFilter.BoxBlur(5))
    middle = sum(y for _, y in path) / len(path)
    tints = ((-0.42, "#30205a"), (-0.24, upper), (-0.1, "#35c9a0"), (0.06, "#8dffb8"))
    colours = [(middle + height, tint) for height, tint in tints]
    canvas.light(colours, canvas.soft(veil, 0.02).point(lambda value: value * 0.6))
    canvas.light(colours, veil)


def _height_at(path: list[Point], x: float) -> float:
    pairs = pairwise(path)
    here, there = next(pair for pair in pairs if pair[1][0] >= x)
    return here[1] + (there[1] - here[1]) * (x - here[0]) / (there[0] - here[0])


def birches_in_october() -> Image.Image:
    canvas = Canvas(900, 2520, "birches")
    autumn = [(0, "#f5e2ae"), (0.3, "#eec873"), (0.6, "#d99c45"), (0.85, "#9c6a33"), (1, "#5d4426")]
    canvas.wash(autumn)
    for tint, size in (
        *zip(("#fbe7a8", "#f2bf4c", "#c9862f"), [0.05] * 3, strict=True),
        *zip(("#ffe9a6", "#eaa838", "#b46a22"), [0.022] * 3, strict=True),
    ):
        spots = canvas.shape(*(_spot(canvas, size) for _ in range(70)))
        canvas.lay(tint, canvas.soft(spots, 0.004), 0.45)
    trunks = ((0.1, 0.05, 0.6), (0.83, 0.04, 0.65), (0.42, 0.035, 0.7), (0.62, 0.06, 0.35))
    for x, wide, haze in (*trunks, (0.93, 0.1, 0), (0.27, 0.13, 0)):
        _birch(canvas, x, wide, haze)
    for tint in ("#ffd966", "#f0a92e", "#d97f1e"):
        canvas.lay(tint, canvas.shape(*(_falling_leaf(canvas) for _ in range(60))))
    return canvas.finish()


def _spot(canvas: Canvas, size: float) -> list[Point]:
    centre = canvas.random.random(), canvas.random.betavariate(1.1, 1.6)
    return canvas.circle(centre, size * canvas.random.uniform(0.5, 1.3), steps=32)


def _falling_leaf(canvas: Canvas) -> list[Point]:
    x, y = canvas.random.random(), canvas.random.betavariate(1, 2.4)
    turn, size = canvas.random.uniform(0, math.tau), 0.02 * canvas.random.uniform(0.5, 1.2)
    edge = [(step / 4 - 1, math.sin(step / 8 * math.pi) ** 0.8 / 2) for step in range(9)]
    outline = [*edge, *((along, -across) for along, across in reversed(edge))]
    cos, sin = math.cos(turn) * size, math.sin(turn) * size
    return [(x + u * cos - v * sin, y + (u * sin + v * cos) * canvas.ratio) for u, v in outline]


def _birch(canvas: Canvas, x: float, wide: float, haze: float) -> None:
    sway = wander(canvas.random, 60, 0.2, 1)
    middle = [(x + lean * 0.02, step / 60 * 1.02 - 0.01) for step, lean in enumerate(sway)]
    left = [(u - wide * (0.36 + 0.16 * v), v) for u, v in middle]
    right = [(u + wide * (0.36 + 0.16 * v), v) for u, v in middle]
    trunk = canvas.shape([*left, *reversed(right)])
    bark = mix("#efe9dd", "#e9c98a", haze)
    canvas.lay(bark, trunk)
    marks = canvas.shape(*(_mark(canvas, middle, wide) for _ in range(90)))
    canvas.lay(mix("#2e2823", bark, haze * 0.8), both(marks, trunk), 0.85)
    aside = ImageChops.offset(trunk, round(-wide * 0.45 * canvas.size[0]), 0)
    shadow = both(ImageOps.invert(canvas.soft(aside, wide * 0.16)), trunk)
    canvas.lay(mix("#5f5348", "#c58d3f", haze), shadow, 0.8 - haze * 0.6)


def _mark(canvas: Canvas, middle: list[Point], wide: float) -> list[Point]:
    random = canvas.random
    u, v = random.choice(middle)
    u, v = u + random.uniform(-0.5, 0.5) * wide, v + random.uniform(-0.01, 0.01)
    long, tall = wide * random.uniform(0.06, 0.35), wide * random.uniform(0.004, 0.022)
    return spline([(u - long, v), (u, v - tall), (u + long, v), (u, v + tall), (u - long, v)], 5)
