"""The panorama: a lake at evening, all around, with its directions written into it.

Ahead is the picture's middle; behind are its left and its right edge, which meet. What lies
overhead and underfoot is drawn level and then bent, so that nothing is pinched at the poles.
"""

import math

from PIL import Image, ImageChops, ImageOps

from .brushes import Canvas, both, centred, gradient, lettering, mix, noise, steep, wander
from .surroundings import around, closed, overhead, turned, underfoot
from .woods import fir, stars

HORIZON = 0.5
SUN = -0.028  # how far to the right of the middle, as a part of the whole turn
MOON = 0.43
# What stands on the shore, and where.
SIGNS = {"FRONT": 0, "RIGHT": 0.25, "BACK": 0.5, "LEFT": 0.75}
# Where a snowy peak is, how slim, how high, how pointed.
PEAKS = (
    (0.19, 9, 0.55, 1.2),
    (0.3, 6, 1, 1.3),
    (0.375, 14, 0.45, 1.1),
    (0.655, 8, 0.8, 1.25),
    (0.77, 11, 0.5, 1.2),
)
RAFT = 0.62  # half as wide as this is high above the water


def lake_all_around() -> Image.Image:
    canvas = Canvas(4096, 2048, "lake all around")
    _paint_sky(canvas)
    _raise_mountains(canvas)
    _plant_shore(canvas)
    for word, turn in SIGNS.items():
        _set_up(canvas, word, turn)
    canvas.mirror(HORIZON)
    _ripple(canvas)
    _moor_raft(canvas)
    return canvas.image


def _paint_sky(canvas: Canvas) -> None:
    high = [(0, "#141c40"), (0.16, "#27335f"), (0.28, "#4f5687"), (0.37, "#9a7d9c")]
    canvas.wash([*high, (0.43, "#e0a08c"), (0.475, "#f9c896"), (HORIZON, "#ffe2b8")])
    dusk = turned(canvas.glow((0.5, 0.45), 0.4, 1.1, 0.5), 0.5)
    canvas.lay([(0.2, "#3b4678"), (0.4, "#6d6c98"), (HORIZON, "#a98ea6")], dusk, 0.85)
    night = Canvas(2048, 2048, "stars")
    stars(night, 1300)
    fade = gradient(canvas.size, [(0, "#fff"), (0.2, "#bbb"), (0.36, "#000")]).getchannel(0)
    canvas.light("#fff", both(overhead(night.image.getchannel(1), canvas.size, 2), fade))
    clouds = noise(canvas.random, (1024, 1024), (9, 7), 6)
    clouds = steep(overhead(clouds, canvas.size, math.tan(0.4 * math.pi), 0.8), 0.5, 0.9)
    lit = [(0, "#3f4877"), (0.24, "#75709c"), (0.38, "#d69a9a"), (HORIZON, "#ffdcae")]
    canvas.lay(lit, clouds, 0.8)
    sun = 0.5 + SUN, 0.446
    canvas.light("#ff9a5c", canvas.glow(sun, 0.26, 2.2, 0.6))
    canvas.light("#ffb070", both(clouds, canvas.glow(sun, 0.3, 1.2, 0.8)))
    canvas.lay("#fff6dc", canvas.disc(sun, 0.0075))
    _hang_sign_and_moon(canvas)


def _hang_sign_and_moon(canvas: Canvas) -> None:
    moon = 0.5 + MOON, 0.36
    canvas.light("#b9c4e6", canvas.glow(moon, 0.06))
    canvas.lay("#f6f2e4", canvas.disc(moon, 0.006))
    plate = Canvas(1024, 1024, "up")
    word = lettering("UP", 330)
    word = plate.soft(centred(word, plate.size, 512 + word.height // 2), 0.003)
    canvas.lay("#e9e6f2", overhead(word, canvas.size, 0.75), 0.85)


def _raise_mountains(canvas: Canvas) -> None:
    far = canvas.below(closed(wander(canvas.random, 900, 0.5, 7)), 0.462, 0.022)
    canvas.lay([(0.43, "#a893ad"), (HORIZON, "#e6bda6")], far)
    _snowy_peaks(canvas)
    for base, scale, tint in ((0.476, 0.017, "#5b5a7d"), (0.487, 0.012, "#3c4465")):
        hills = canvas.below(closed(wander(canvas.random, 700, 0.45, 9)), base, scale)
        canvas.lay([(base - scale, tint), (HORIZON, mix(tint, "#d3a59c", 0.45))], hills)


def _snowy_peaks(canvas: Canvas) -> None:
    steps = 1600
    line = [height * 0.012 - 0.012 for height in closed(wander(canvas.random, steps, 0.55, 16))]
    for where, slim, high, pointed in PEAKS:
        for step in range(steps + 1):
            rise = max(0, 1 - abs(step / steps - where) * slim) ** pointed
            line[step] += 0.1 * high * rise
    body = canvas.below(line, HORIZON - 0.005, 1)
    canvas.lay([(0.38, "#7f7c9e"), (HORIZON, "#c3a0a4")], body)
    rock = canvas.clouds(70, 50, 5)
    # The difference between the rock and the same rock moved aside: what the sun lights.
    slope = ImageChops.subtract(rock, ImageChops.offset(rock, -7, 5), 0.3, 128)
    canvas.lay("#ffe6d2", both(steep(slope, 0.48, 0.75), body), 0.9)
    canvas.lay("#4a4c74", both(steep(ImageOps.invert(slope), 0.55, 0.85), body), 0.75)
    haze = canvas.soft(canvas.under(0.482), 0.008)
    canvas.lay("#d9b0a6", both(haze, body), 0.7)


def _plant_shore(canvas: Canvas) -> None:
    for count, tall, tint in ((520, 0.02, "#2c3350"), (380, 0.028, "#171d33")):
        trees = []
        for number in range(count):
            foot = (number + canvas.random.random()) / count, HORIZON + 0.002
            trees.append(fir(canvas, foot, tall * canvas.random.uniform(0.35, 1)))
        ground = [(0, HORIZON - tall * 0.2), (1, HORIZON - tall * 0.2), (1, 1), (0, 1)]
        canvas.lay(tint, around(canvas, [*trees, ground]))
    mist = canvas.soft(canvas.shape([(0, 0.494), (1, 0.494), (1, 0.5), (0, 0.5)]), 0.002)
    canvas.lay("#e9bfae", mist, 0.4)


def _set_up(canvas: Canvas, word: str, turn: float) -> None:
    """Stand a word on the shore, as if cut from thick boards."""
    front = ImageOps.expand(lettering(word, 84), (0, 0, 8, 0))
    board = front.copy()
    for thickness in range(8):
        board = ImageChops.lighter(board, ImageChops.offset(front, thickness, 0))
    front, board = (
        turned(centred(mask, canvas.size, round(HORIZON * canvas.size[1])), turn)
        for mask in (front, board)
    )
    canvas.lay("#7a4a4a", board)
    canvas.lay([(0.44, "#fffaf0"), (HORIZON, "#ffe9cf")], front)


def _ripple(canvas: Canvas) -> None:
    water = canvas.under(HORIZON)
    canvas.lay([(HORIZON, "#56607f"), (0.7, "#2a375c"), (1, "#141c38")], water, 0.42)
    ripples = noise(canvas.random, (2048, 2048), (90, 150), 4)
    ripples = underfoot(ripples, canvas.size, math.tan(0.45 * math.pi), 0.9)
    canvas.lay("#f0d9d2", both(steep(ripples, 0.58, 1), water), 0.3)
    canvas.lay("#101733", both(steep(ImageOps.invert(ripples), 0.58, 1), water), 0.35)
    for turn, tint in ((SUN, "#ffc58a"), (MOON, "#aab4d8")):
        path = canvas.glow((0.5 + turn, HORIZON), 0.035, 0.9, 5)
        canvas.light(tint, both(steep(ripples, 0.45, 0.7), both(path, water)))


def _moor_raft(canvas: Canvas) -> None:
    raft = Canvas(900, 900, "raft")
    planks = 13
    for plank in range(planks):
        left, right = plank / planks, (plank + 1) / planks
        tint = mix("#8d6f5c", "#6a5148", canvas.random.random())
        raft.lay(tint, raft.shape([(left, 0), (right, 0), (right, 1), (left, 1)]))
        raft.lay(
            "#2b2230", raft.shape([(right - 0.004, 0), (right, 0), (right, 1), (right - 0.004, 1)])
        )
    grain = steep(noise(raft.random, raft.size, (160, 4), 3), 0.45, 0.9)
    raft.lay("#3f2f33", grain, 0.35)
    rim = ImageChops.subtract(raft.disc((0.5, 0.5), 0.46), raft.disc((0.5, 0.5), 0.425))
    raft.lay("#4a3836", rim)
    word = lettering("DOWN", 128)
    painted = centred(word, raft.size, 450 + word.height // 2)
    raft.lay("#fff0dc", both(painted, ImageOps.invert(grain.point(lambda value: value * 0.4))))
    shadow = raft.soft(raft.disc((0.5, 0.5), 0.47), 0.012)
    canvas.lay("#0a1024", underfoot(shadow, canvas.size, RAFT), 0.8)
    floor = underfoot(raft.image, canvas.size, RAFT)
    canvas.image.paste(floor, mask=underfoot(raft.disc((0.5, 0.5), 0.46), canvas.size, RAFT))
