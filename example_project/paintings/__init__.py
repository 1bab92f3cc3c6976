"""Paintings: the pictures that fill an empty gallery, drawn with Pillow, as bytes to upload.

The awkward ones are among them on purpose: turned by EXIF, transparent, tall, small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image

from . import landscapes, panorama, studio, woods

TURNED = 6  # EXIF: "the top of the picture is at the right", as phones save what is held upright


@dataclass(frozen=True)
class Painting:
    title: str
    alt_text: str
    filename: str
    draw: Callable[[], Image.Image]
    orientation: int = 1
    is_private: bool = False

    def content(self) -> bytes:
        """Draw the picture; return it as the bytes of a file."""
        image, exif = self.draw(), Image.Exif()
        if self.orientation == TURNED:
            image = image.transpose(Image.Transpose.ROTATE_90)
            exif[ExifTags.Base.Orientation] = TURNED
        file = BytesIO()
        if image.mode == "RGBA":
            image.save(file, "PNG")
        else:
            image.save(file, "JPEG", quality=90, exif=exif)
        return file.getvalue()


PAINTINGS = (
    Painting(
        "Blue ridges",
        "Seven mountain ridges, each paler than the one before it, under a low morning sun.",
        "ridges.jpg",
        landscapes.blue_ridges,
    ),
    Painting(
        "Forest in fog",
        "Fir trees one behind the other, fading into white fog.",
        "forest.jpg",
        woods.forest_in_fog,
        orientation=TURNED,
    ),
    Painting(
        "Six vessels",
        "Bottles, a vase, a jar and two cups in quiet colours on a table, lit from the left.",
        "vessels.jpg",
        studio.six_vessels,
    ),
    Painting(
        "Northern lights",
        "Two green and violet curtains of light over a dark lake and a row of firs.",
        "northern lights.jpg",
        woods.northern_lights,
    ),
    Painting(
        "Portrait with hills",
        "A woman's head in profile before an orange disc; she is filled with hills at evening.",
        "portrait.jpg",
        studio.portrait_with_hills,
        is_private=True,
    ),
    Painting(
        "Lake at first light",
        "A snowy mountain and its reflection in a still lake.",
        "lake.jpg",
        landscapes.lake_at_first_light,
    ),
    Painting(
        "Olive twig",
        "A twig of olive with narrow leaves and three dark fruits, on a transparent ground.",
        "olive.png",
        studio.olive_twig,
    ),
    Painting(
        "Dunes",
        "Three dunes, each with a winding edge between sunlit sand and shadow.",
        "dunes.jpg",
        landscapes.dunes,
    ),
    Painting(
        "Birches in October",
        "A tall, narrow view of white birch trunks before golden leaves.",
        "birches.jpg",
        woods.birches_in_october,
    ),
    Painting(
        "Sea at dusk",
        "The sun sets into a violet sea; its light glitters on the waves.",
        "sea.jpg",
        landscapes.sea_at_dusk,
    ),
    Painting(
        "Moonrise",
        "A very small picture of the full moon over three dark hills.",
        "moonrise.jpg",
        landscapes.moonrise,
    ),
)

PANORAMAS = (
    Painting(
        "Lake at evening",
        "All around a raft on a still lake: firs on its shore, snowy mountains, the sun going down "
        "ahead and the moon behind. White words say the directions.",
        "lake all around.jpg",
        panorama.lake_all_around,
    ),
)
