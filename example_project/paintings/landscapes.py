"""Landscapes: mountains, sea, sand."""

from PIL import Image, ImageChops, ImageOps

from .brushes import Canvas, both, mix, spline, steep, wander
from .woods import wood


def blue_ridges() -> Image.Image:
    canvas = Canvas(2160, 1440, "ridges")
    canvas.wash([(0, "#7f9fbf"), (0.3, "#c3cfd6"), (0.46, "#f3dcc4"), (0.6, "#f7c9a0")])
    canvas.lay("#fff4e0", steep(canvas.clouds(2, 9), 0.52, 1), 0.55)
    canvas.light("#ffd9a0", canvas.glow((0.68, 0.43), 0.5))
    canvas.lay("#fffaf0", canvas.disc((0.68, 0.41), 0.024))
    tints = ("#b7b6c4", "#98a3b8", "#7a8fa9", "#5c7793", "#41607b", "#294861", "#15303f")
    for depth, tint in enumerate(tints):
        line = wander(canvas.random, 600, 0.42 + depth * 0.012, 2 + depth % 3)
        base = 0.47 + depth * 0.075
        haze = mix(tint, "#f2d3b4", 0.62 - depth * 0.07)
        ridge = canvas.below(line, base, 0.05 + depth * 0.009)
        canvas.lay([(base - 0.05, tint), (base + 0.16, haze)], ridge)
    return canvas.finish()


def sea_at_dusk() -> Image.Image:
    canvas = Canvas(2240, 1400, "dusk")
    horizon = 0.56
    above = [(0, "#2b3563"), (0.2, "#5d5288"), (0.38, "#c0708a"), (0.49, "#f19d74")]
    shine = [(horizon, "#ffd38f"), (horizon + 0.004, "#c98d83")]
    canvas.wash([*above, *shine, (0.68, "#6d5680"), (0.85, "#33345f"), (1, "#1d2145")])
    sea = canvas.under(horizon)
    sky = ImageOps.invert(sea)
    clouds = both(steep(canvas.clouds(3, 22), 0.5, 0.85), sky)
    canvas.lay([(0, "#3d3a68"), (0.3, "#9c5f86"), (0.5, "#ffb07c")], clouds, 0.75)
    canvas.light("#ff9a5c", both(canvas.glow((0.4, horizon), 0.5), sky))
    canvas.lay("#fff3d0", both(canvas.disc((0.4, horizon - 0.025), 0.034), sky))
    waves = canvas.waves(horizon, 60, 90)
    canvas.lay("#171a3d", both(steep(waves, 0.45, 0.9), sea), 0.5)
    path = steep(canvas.glow((0.4, horizon + 0.1), 0.34, 1.2, 1.6), 0.15, 0.8)
    glitter = both(steep(waves, 0.5, 0.72), sea, path)
    canvas.light([(horizon, "#ffd08a"), (0.8, "#f2906e"), (1, "#a3577a")], glitter)
    return canvas.finish()


# For each dune its crest, the edge between sun and shadow that comes down from it, and three tints:
# in the sun, at its foot, in the shadow.
DUNES = (
    (
        [(-0.05, 0.52), (0.2, 0.47), (0.42, 0.44), (0.62, 0.5), (0.8, 0.49), (1.05, 0.54)],
        [(0.42, 0.44), (0.5, 0.5), (0.47, 0.58), (0.6, 0.66), (0.7, 0.8)],
        ("#efc68e", "#d9a066", "#a86f4a"),
    ),
    (
        [(-0.05, 0.66), (0.15, 0.62), (0.32, 0.575), (0.5, 0.66), (0.75, 0.69), (1.05, 0.63)],
        [(0.32, 0.575), (0.38, 0.65), (0.3, 0.74), (0.42, 0.86), (0.4, 1.02)],
        ("#edbb7c", "#cf9058", "#8a5540"),
    ),
    (
        [(-0.05, 0.98), (0.25, 0.9), (0.5, 0.8), (0.72, 0.7), (0.86, 0.78), (1.05, 0.86)],
        [(0.72, 0.7), (0.76, 0.78), (0.71, 0.86), (0.78, 0.95), (0.75, 1.05)],
        ("#e8ad6b", "#c07a45", "#6d3f36"),
    ),
)


def dunes() -> Image.Image:
    canvas = Canvas(2160, 1440, "dunes")
    canvas.wash([(0, "#8fb3c4"), (0.25, "#cfd9d2"), (0.42, "#f6e3c3"), (0.5, "#f7d9ae")])
    canvas.light("#fff0d0", canvas.glow((0.12, 0.3), 0.55, 1.8))
    far = canvas.below(wander(canvas.random, 400, 0.35, 3), 0.44, 0.02)
    canvas.lay([(0.4, "#d9b48a"), (0.52, "#eccb9d")], far)
    ripples = steep(canvas.waves(0.3, 14, 300), 0.55, 0.95)
    for crest, edge, tints in DUNES:
        _dune(canvas, ripples, spline(crest), spline(edge), tints)
    return canvas.finish()


def _dune(canvas: Canvas, ripples: Image.Image, crest, edge, tints: tuple[str, str, str]) -> None:
    sunny, foot, shadow = tints
    top, peak = min(y for _, y in crest), edge[0][0]
    body = canvas.shape([*crest, (1.05, 1.05), (-0.05, 1.05)])
    canvas.lay([(top, sunny), (1, foot)], body)
    canvas.lay(foot, both(ripples, body), 0.35)
    back = [point for point in reversed(crest) if point[0] >= peak]
    lee = both(canvas.shape([*edge, (1.05, 1.05), (1.05, 0.4), *back]), body)
    canvas.lay([(top, shadow), (top + 0.45, foot)], lee, 0.92)


def lake_at_first_light() -> Image.Image:
    canvas = Canvas(2700, 1260, "lake")
    shore = 0.62
    canvas.wash([(0, "#5b7fa6"), (0.25, "#a9bfd0"), (0.45, "#f2d6c8"), (0.6, "#f9e6d2")])
    canvas.lay("#fff6ee", steep(canvas.clouds(3, 12), 0.55, 1), 0.6)
    hills = canvas.below(wander(canvas.random, 700, 0.5, 3), 0.5, 0.07)
    canvas.lay([(0.35, "#aab2c6"), (shore, "#e3cfcb")], hills)
    _snowy_mountain(canvas, shore)
    canvas.lay([(0.5, "#3a4a55"), (shore, "#2c3a40")], wood(canvas, shore, 0.06, 260))
    mist = canvas.soft(canvas.shape([(0, 0.59), (1, 0.59), (1, 0.63), (0, 0.63)]), 0.012)
    canvas.lay("#f7e3d6", both(mist, steep(canvas.clouds(5, 3), 0.3, 0.8)), 0.7)
    canvas.mirror(shore)
    water = canvas.under(shore)
    canvas.lay([(shore, "#56708c"), (1, "#22384f")], water, 0.38)
    canvas.lay("#f3dfd8", both(steep(canvas.waves(shore, 30, 200), 0.62, 1), water), 0.25)
    return canvas.finish()


def _snowy_mountain(canvas: Canvas, shore: float) -> None:
    peaks = (
        (0.62, 2.3, 1.0, 1.25),
        (0.27, 3.6, 0.5, 1.3),
    )  # where, how slim, how high, how pointed
    rough = wander(canvas.random, 900, 0.55, 4)
    line = [height * 0.045 for height in rough]
    for where, slim, high, pointed in peaks:
        for step in range(901):
            rise = max(0, 1 - abs(step / 900 - where) * slim) ** pointed
            line[step] += 0.4 * high * rise
    body = canvas.below(line, shore, 1)
    canvas.lay([(0.15, "#7d8aa3"), (shore, "#b3b2bd")], body)
    rock = canvas.clouds(14, 12, 7)
    # Light from the left: the difference between the rock and the same rock moved aside.
    slope = ImageChops.subtract(rock, ImageChops.offset(rock, 12, 7), 0.3, 128)
    canvas.lay("#fdf3ea", both(steep(slope, 0.5, 0.75), body), 0.9)
    canvas.lay("#4c5a77", both(steep(ImageOps.invert(slope), 0.55, 0.85), body), 0.7)
    canvas.lay("#dccfcc", both(canvas.soft(canvas.under(shore - 0.06), 0.03), body), 0.75)


def moonrise() -> Image.Image:
    """Draw a picture smaller than any variant but the smallest: recipes never enlarge."""
    canvas = Canvas(480, 360, "moonrise")
    canvas.wash([(0, "#1b2a4a"), (0.5, "#546a8f"), (0.68, "#c9a9a0")])
    canvas.light("#fff0d0", canvas.glow((0.63, 0.36), 0.35, 1.6))
    canvas.lay("#fff7e3", canvas.disc((0.63, 0.36), 0.075))
    for base, tint in ((0.66, "#5b6a86"), (0.76, "#34466a"), (0.88, "#15223d")):
        canvas.lay(tint, canvas.below(wander(canvas.random, 200, 0.45), base, 0.09))
    return canvas.finish().resize((120, 90), Image.Resampling.LANCZOS)
