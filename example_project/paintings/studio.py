"""Studio: vessels on a table, a twig on nothing, a portrait."""

import math

from PIL import Image, ImageChops, ImageOps

from .brushes import Canvas, Point, both, gradient, mix, spline, steep, wander
from .woods import stars, wood

# Where a vessel stands, how tall and wide it is, its glaze, and its profile from foot to rim as
# (height, half width).
VESSELS = (
    (0.3, 0.77, 0.56, 0.075, "#e8e0d0",
     [(0, 0.8), (0.04, 0.95), (0.3, 1), (0.52, 0.86), (0.62, 0.42), (0.72, 0.29), (1, 0.3)]),
    (0.6, 0.76, 0.47, 0.1, "#7d8a8c",
     [(0, 0.62), (0.05, 0.74), (0.35, 1), (0.6, 0.92), (0.74, 0.5), (0.8, 0.4), (1, 0.56)]),
    (0.75, 0.79, 0.6, 0.05, "#5d4a41",
     [(0, 0.95), (0.03, 1), (0.55, 1), (0.66, 0.72), (0.74, 0.38), (1, 0.38)]),
    (0.45, 0.82, 0.32, 0.085, "#c98f6c",
     [(0, 0.7), (0.06, 0.86), (0.5, 1), (0.8, 0.92), (0.9, 0.8), (1, 0.86)]),
    (0.215, 0.855, 0.2, 0.075, "#d9b54f",
     [(0, 0.4), (0.12, 0.55), (0.35, 0.86), (0.7, 1), (1, 1.02)]),
    (0.655, 0.87, 0.17, 0.07, "#f0ebe0",
     [(0, 0.55), (0.06, 0.62), (0.5, 0.96), (0.9, 1), (1, 1.03)]),
)  # fmt: skip


def six_vessels() -> Image.Image:
    canvas = Canvas(1600, 1280, "vessels")
    edge = 0.66
    canvas.wash([(0, "#b9ab98"), (edge, "#cbbda8"), (edge + 0.001, "#a8937b"), (1, "#c9b498")])
    canvas.light("#5c5448", canvas.glow((0.1, 0.1), 0.9, 1.6))
    for x, base, tall, wide, _, _ in VESSELS:
        _shadow(canvas, x, base, tall, wide)
    for vessel in VESSELS:
        _throw(canvas, *vessel)
    canvas.lay("#fff8ea", steep(canvas.clouds(90, 70, 3), 0.5, 1), 0.09)
    return canvas.finish(grain=8)


def _shadow(canvas: Canvas, x: float, base: float, tall: float, wide: float) -> None:
    near = [(x - wide * 0.8, base), (x + wide * 0.8, base + 0.01)]
    far = [(x + wide * 2 + tall * 0.5, base - 0.045), (x + tall * 0.45, base - 0.075)]
    canvas.lay("#4d3d33", canvas.soft(canvas.shape([*near, *far]), 0.012), 0.45)
    foot = canvas.disc((x + wide * 0.15, base), wide * 0.95, 0.28)
    canvas.lay("#3d2f28", canvas.soft(foot, 0.008), 0.6)


def _throw(canvas: Canvas, x, base, tall, wide, glaze: str, profile: list[Point]) -> None:
    """Turn a vessel from its profile and light it from the left."""
    side = spline([(x + half * wide, base - height * tall) for height, half in profile])
    body = canvas.shape([*side, *((2 * x - u, v) for u, v in reversed(side))])
    body = ImageChops.lighter(body, canvas.disc((x, base), profile[0][1] * wide, 0.25))
    canvas.lay(glaze, body)
    light = _light_on_round(canvas, x, wide)
    canvas.lay("#2b2320", both(ImageOps.invert(light), body), 0.75)
    canvas.lay("#fffaf0", both(steep(light, 0.75, 1), body), 0.4)
    rim, mouth = profile[-1][1] * wide, (x, base - tall)
    canvas.lay(mix(glaze, "#fffaf0", 0.35), canvas.disc(mouth, rim, 0.24))
    canvas.lay(mix(glaze, "#1d1512", 0.72), canvas.disc(mouth, rim * 0.86, 0.22))


def _light_on_round(canvas: Canvas, x: float, wide: float) -> Image.Image:
    tones = [(0, "#9a9a9a"), (0.22, "#fff"), (0.4, "#dedede"), (0.72, "#777"), (0.93, "#4a4a4a")]
    across = gradient((1, 400), tones).getchannel(0).transpose(Image.Transpose.ROTATE_90)
    width, height = canvas.size
    light = Image.new("L", canvas.size, 128)
    light.paste(across.resize((round(wide * 2 * width), height)), (round((x - wide) * width), 0))
    return light


def olive_twig() -> Image.Image:
    """Draw a twig on nothing: around it the picture is transparent."""
    canvas = Canvas(1200, 1440, "olive")
    canvas.wash("#6f7a52")
    stem = spline([(0.46, 0.97), (0.5, 0.75), (0.47, 0.52), (0.52, 0.3), (0.6, 0.08)], 20)
    wood = [(u - 0.002 - 0.005 * v, v) for u, v in stem]
    outline = canvas.shape([*wood, *((u + 0.002 + 0.005 * v, v) for u, v in reversed(stem))])
    canvas.lay([(0, "#8a8a5c"), (1, "#5b4632")], outline)
    feet = stem[4:-2:5]
    # Every third leaf of a side at once: they don't overlap, and share their masks.
    for start, tone in enumerate(("#7f8f63", "#5d7150", "#8c9a70")):
        for side in (-1, 1):
            leaves = [_leaf(canvas, foot, side) for foot in feet[start::3]]
            outline = ImageChops.lighter(outline, _paint_leaves(canvas, leaves, tone))
    for centre in ((0.44, 0.66), (0.56, 0.49), (0.47, 0.36)):
        outline = ImageChops.lighter(outline, _olive(canvas, centre))
    picture = canvas.finish(grain=4, vignette=0)
    picture.putalpha(outline)
    return picture


def _leaf(canvas: Canvas, foot: Point, side: int) -> list[list[Point]]:
    """Give a leaf's four lines from foot to tip: upper edge, both sides of its vein, lower edge."""
    turn = math.radians(-90 + side * canvas.random.uniform(38, 68))
    long = 0.27 * (1 - 0.7 * abs(foot[1] - 0.5)) * canvas.random.uniform(0.85, 1.1)
    bend = canvas.random.uniform(0.1, 0.25) * -side
    cos, sin = math.cos(turn) * long, math.sin(turn) * long
    lines: list[list[Point]] = [[], [], [], []]
    for along in (step / 24 for step in range(25)):
        half = 0.105 * math.sin(math.pi * along**0.85) ** 0.9
        for line, across in zip(lines, (half, 0.006, -0.006, -half), strict=True):
            across += bend * along**2
            x, y = along * cos - across * sin, along * sin + across * cos
            line.append((foot[0] + x, foot[1] + y * canvas.ratio))
    return lines


def _paint_leaves(canvas: Canvas, leaves: list[list[list[Point]]], tone: str) -> Image.Image:
    def between(first: int, second: int) -> Image.Image:
        return canvas.shape(*([*leaf[first], *reversed(leaf[second])] for leaf in leaves))

    whole = between(0, 3)
    canvas.lay(tone, whole)
    canvas.lay(mix(tone, "#e9edd2", 0.42), between(0, 1), 0.8)
    edge = both(ImageOps.invert(canvas.soft(whole, 0.006)), whole)
    canvas.lay(mix(tone, "#1f2b1c", 0.5), edge, 0.9)
    canvas.lay("#dfe5c6", between(1, 2), 0.8)
    return whole


def _olive(canvas: Canvas, centre: Point) -> Image.Image:
    x, y = centre
    body = canvas.disc(centre, 0.034, 1.3)
    canvas.lay([(y - 0.04, "#6d6a3f"), (y + 0.04, "#3b2f3e")], body)
    gloss = canvas.glow((x - 0.012, y - 0.014), 0.016, 1.2, 1.4)
    canvas.lay("#f4f1e0", both(gloss, body), 0.7)
    return body


FACE = [(0.2, 1.02), (0.235, 0.9), (0.3, 0.79), (0.4, 0.715), (0.435, 0.665), (0.43, 0.625),
        (0.395, 0.607), (0.345, 0.612), (0.303, 0.605), (0.287, 0.58), (0.293, 0.556),
        (0.283, 0.54), (0.272, 0.524), (0.283, 0.511), (0.273, 0.495), (0.279, 0.478),
        (0.288, 0.468), (0.268, 0.458), (0.238, 0.448), (0.235, 0.435), (0.252, 0.405),
        (0.272, 0.365), (0.277, 0.335), (0.271, 0.3), (0.278, 0.265)]  # fmt: skip
BACK = [(0.3, 0.24), (0.345, 0.185), (0.43, 0.15), (0.53, 0.148), (0.62, 0.178), (0.685, 0.24),
        (0.705, 0.33), (0.68, 0.42), (0.655, 0.5), (0.655, 0.56), (0.7, 0.625), (0.82, 0.68),
        (0.95, 0.745), (1.02, 0.84), (1.05, 1.02)]  # fmt: skip


def portrait_with_hills() -> Image.Image:
    canvas = Canvas(1440, 1800, "portrait")
    canvas.wash([(0, "#efe3d3"), (1, "#e3cdb6")])
    canvas.lay([(0.1, "#e2825a"), (0.7, "#f0b07a")], canvas.disc((0.47, 0.4), 0.36))
    figure = canvas.shape(spline([*FACE, *BACK]), canvas.circle((0.735, 0.22), 0.085))
    canvas.image.paste(_evening_hills(*canvas.size), mask=figure)
    return canvas.finish(grain=6)


def _evening_hills(width: int, height: int) -> Image.Image:
    canvas = Canvas(width, height, "hills")
    canvas.wash([(0.1, "#16323f"), (0.35, "#3f6b75"), (0.6, "#a8c0b4"), (0.75, "#f0dcc0")])
    stars(canvas, 160)
    for depth, tint in enumerate(("#86a3a2", "#567f83", "#2f5a62", "#173d47", "#0c2730")):
        base = 0.47 + depth * 0.1
        hills = canvas.below(wander(canvas.random, 300, 0.45), base, 0.09)
        if depth > 2:
            hills = ImageChops.lighter(hills, wood(canvas, base + 0.04, 0.1, 34))
        haze = mix(tint, "#e9d8bf", 0.5 - depth * 0.1)
        canvas.lay([(base - 0.1, tint), (base + 0.16, haze)], hills)
    return canvas.image
