"""Brushes: gradients, noise, curves, masks, and the canvas they work on. No picture lives here.

Points are fractions of the canvas, lengths are fractions of its width.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont, ImageOps

Point = tuple[float, float]
# A colour, or a vertical gradient: colours, each with the height (0 is the top) it stands at.
Paint = str | Sequence[tuple[float, str]]

SUPERSAMPLING = 2  # masks are drawn that much larger and scaled down, which smooths their edges


def mix(first: str, second: str, share: float) -> str:
    """Blend two colours; share 0 is the first, 1 the second."""
    pairs = zip(ImageColor.getrgb(first), ImageColor.getrgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def colour_at(height: float, stops: Sequence[tuple[float, str]]) -> str:
    for (start, above), (end, below) in pairwise(stops):
        if height <= end:
            return mix(above, below, max(0.0, (height - start) / (end - start)))
    return stops[-1][1]


def gradient(size: tuple[int, int], paint: Paint) -> Image.Image:
    if isinstance(paint, str):
        return Image.new("RGB", size, paint)
    column = Image.new("RGB", (1, 256))
    for y in range(256):
        column.putpixel((0, y), ImageColor.getrgb(colour_at(y / 255, paint)))
    column = column.resize((1, size[1]), Image.Resampling.BICUBIC)
    return column.resize(size, Image.Resampling.NEAREST)


def noise(random: Random, size: tuple[int, int], cells: tuple[int, int], octaves: int):
    """Draw clouds: each octave twice as fine as the one before, and half as strong."""
    clouds = Image.new("L", size)
    for octave in range(octaves):
        grid = min(cells[0] << octave, size[0]), min(cells[1] << octave, size[1])
        layer = Image.frombytes("L", grid, random.randbytes(grid[0] * grid[1]))
        layer = layer.resize(size, Image.Resampling.BICUBIC)
        clouds = Image.blend(clouds, layer, 0.5**octave / (2 - 0.5**octave))
    return ImageOps.autocontrast(clouds)


def wander(random: Random, steps: int, roughness: float, start: int = 2) -> list[float]:
    """Give a line of heights between -1 and 1, as rough as a mountain's or as soft as a hill's."""
    line = [0.0] * (steps + 1)
    for octave in range(8):
        knots = [random.uniform(-1, 1) for _ in range((start << octave) + 2)]
        for step in range(steps + 1):
            knot, share = divmod(step / steps * (start << octave), 1)
            left, right = knots[int(knot)], knots[int(knot) + 1]
            line[step] += (left + (right - left) * share**2 * (3 - 2 * share)) * roughness**octave
    peak = max(map(abs, line))
    return [height / peak for height in line]


def spline(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """Bend a line softly through its points (Catmull-Rom)."""
    path = [points[0], *points, points[-1]]
    curve = []
    for window in zip(path, path[1:], path[2:], path[3:], strict=False):
        across, down = zip(*window, strict=True)
        curve += [(_bend(t / steps, *across), _bend(t / steps, *down)) for t in range(steps)]
    return [*curve, points[-1]]


def _bend(t: float, a: float, b: float, c: float, d: float) -> float:
    square, cube = 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    return 0.5 * (2 * b + (c - a) * t + square * t**2 + cube * t**3)


def steep(mask: Image.Image, low: float, high: float) -> Image.Image:
    """Stretch a mask between two thresholds (0 to 1): below the first it is black."""
    return mask.point(lambda value: max(0, min(255, (value - low * 255) / (high - low))))


class Canvas:
    """A picture in the making. The seed is its title: it comes out the same every time."""

    def __init__(self, width: int, height: int, seed: str):
        self.size = width, height
        self.ratio = width / height
        self.image = Image.new("RGB", self.size)
        self.random = Random(seed)

    # Paint

    def wash(self, paint: Paint) -> None:
        self.image = gradient(self.size, paint)

    def lay(self, paint: Paint, mask: Image.Image, opacity: float = 1.0) -> None:
        """Lay a paint on the canvas, as densely as the mask says."""
        box = mask.getbbox()
        if box is None:
            return
        mask = mask.crop(box)  # most shapes are small: paint no more than is seen
        if opacity < 1:
            mask = mask.point(lambda value: value * opacity)
        left, top, right, bottom = box
        if not isinstance(paint, str):
            paint = gradient((right - left, self.size[1]), paint)
            paint = paint.crop((0, top, right - left, bottom))
        self.image.paste(paint, box, mask)

    def light(self, paint: Paint, mask: Image.Image) -> None:
        """Add light: unlike paint it never darkens."""
        dark = Image.new("RGB", self.size)
        dark.paste(gradient(self.size, paint), mask=mask)
        self.image = ImageChops.screen(self.image, dark)

    def finish(self, grain: float = 5, vignette: float = 0.25) -> Image.Image:
        """Darken the corners and lay film grain over all: it also hides the gradients' steps."""
        edge = Image.radial_gradient("L").resize(self.size, Image.Resampling.BILINEAR)
        edge = edge.point(lambda value: 255 - vignette * 255 * (value / 255) ** 2.5)
        picture = ImageChops.multiply(self.image, Image.merge("RGB", [edge] * 3))
        film, tile = Image.new("L", self.size), Image.effect_noise((500, 500), grain)
        for x in range(0, self.size[0], 500):
            for y in range(0, self.size[1], 500):
                film.paste(tile, (x, y))
        return ImageChops.add(picture, Image.merge("RGB", [film] * 3), offset=-128)

    # Masks

    def shape(self, *outlines: Iterable[Point]) -> Image.Image:
        width, height = (side * SUPERSAMPLING for side in self.size)
        large = Image.new("L", (width, height))
        pencil = ImageDraw.Draw(large)
        for outline in outlines:
            pencil.polygon([(x * width, y * height) for x, y in outline], fill=255)
        return large.reduce(SUPERSAMPLING)

    def below(self, line: Sequence[float], base: float, scale: float) -> Image.Image:
        """Mask what lies under a line of heights."""
        last = len(line) - 1
        crest = [(step / last, base - height * scale) for step, height in enumerate(line)]
        return self.shape([(0, 1.01), *crest, (1, 1.01)])

    def under(self, height: float) -> Image.Image:
        return self.below([0, 0], height, 1)

    def disc(self, centre: Point, radius: float, flat: float = 1.0) -> Image.Image:
        return self.shape(self.circle(centre, radius, flat))

    def circle(self, centre: Point, radius: float, flat: float = 1.0, steps: int = 120):
        (x, y), tall = centre, radius * self.ratio * flat
        turns = (math.tau * step / steps for step in range(steps))
        return [(x + radius * math.cos(turn), y + tall * math.sin(turn)) for turn in turns]

    def glow(self, centre: Point, radius: float, falloff: float = 2.0, flat: float = 1.0):
        """Mask a light that fades from its centre; `flat` squeezes or stretches it."""
        reach = radius * self.size[0]
        # Pillow's gradient is 255 in the corners; 180 is where it meets the edges.
        light = Image.radial_gradient("L").point(
            lambda value: 255 * max(0, 1 - value / 180) ** falloff
        )
        light = light.resize((round(reach * 2), round(reach * 2 * flat)), Image.Resampling.BILINEAR)
        mask = Image.new("L", self.size)
        x, y = centre[0] * self.size[0] - reach, centre[1] * self.size[1] - reach * flat
        mask.paste(light, (round(x), round(y)))
        return mask

    def clouds(self, across: int, down: int, octaves: int = 5) -> Image.Image:
        """Draw noise over the canvas: at half its size, for what is soft needs no more."""
        half = self.size[0] // 2, self.size[1] // 2
        drawn = noise(self.random, half, (across, down), octaves)
        return drawn.resize(self.size, Image.Resampling.BILINEAR)

    def waves(self, horizon: float, across: int, down: int) -> Image.Image:
        """Lay noise flat under the horizon: fine far away, broad in front."""
        width, deep = self.size[0], round(self.size[1] * (1 - horizon))
        half = width // 2
        flat = noise(self.random, (half, deep), (across, down), 4)
        # The far edge shows the whole texture, the near one only its middle.
        corners = (0, 0, half * 0.42, deep, half * 0.58, deep, half, 0)
        near = flat.transform(
            (width, deep), Image.Transform.QUAD, corners, Image.Resampling.BILINEAR
        )
        mask = Image.new("L", self.size)
        mask.paste(near, (0, self.size[1] - deep))
        return mask

    def soft(self, mask: Image.Image, radius: float) -> Image.Image:
        """Blur a mask; done small, which is quick and looks the same."""
        pixels = radius * self.size[0]
        factor = max(1, int(pixels / 2))
        small = mask.reduce(factor).filter(ImageFilter.GaussianBlur(pixels / factor))
        return small.resize(self.size, Image.Resampling.BICUBIC)

    def mirror(self, shore: float) -> None:
        """Turn what is under the shore into water, with the upper part reflected in it."""
        width, height = self.size
        edge = round(shore * height)
        upper = self.image.crop((0, 2 * edge - height, width, edge))
        self.image.paste(ImageOps.flip(upper).filter(ImageFilter.GaussianBlur(2)), (0, edge))


def both(*masks: Image.Image) -> Image.Image:
    """Mask only where all of these do."""
    common, *others = masks
    for other in others:
        common = ImageChops.multiply(common, other)
    return common


def lettering(word: str, height: int) -> Image.Image:
    """Mask a word in capitals of that height, in pixels."""
    size = round(height / 0.72)
    font, bold = ImageFont.load_default(size), size // 32
    left, top, right, bottom = font.getbbox(word, stroke_width=bold)
    mask = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), word, 255, font, stroke_width=bold)
    return mask


def centred(mask: Image.Image, size: tuple[int, int], foot: int) -> Image.Image:
    """Place a small mask in the middle of a large one, its lower edge at the height `foot`."""
    whole = Image.new("L", size)
    whole.paste(mask, ((size[0] - mask.width) // 2, foot - mask.height))
    return whole
