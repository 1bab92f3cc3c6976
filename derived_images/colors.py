"""Colours: pictures of any embedded profile, to sRGB."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

from PIL import Image, ImageCms

logger = logging.getLogger("derived_images")

#: What profiles call their colours → Pillow's mode.
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_GRAY = {"1", "L", "LA", "I", "I;16", "I;16B"}
#: Profiles whose pixels are sRGB's. (Linear light has names that only begin so.)
_SRGB = {"srgb", "srgb built-in", "srgb iec61966-2.1"}

#: Brings a picture, of mode L, RGB, RGBA or CMYK, to sRGB.
Conversion = Callable[[Image.Image], Image.Image]


def conversion(mode: str, profile: bytes | None) -> Conversion:
    """Return what converts pictures made of one with this mode, and this profile, if it is sound."""
    # Grey may well be told by a profile for RGB.
    sound = ["L", "RGB"] if mode in _GRAY else ["CMYK" if mode == "CMYK" else "RGB"]
    found = _transform(profile, sound) if profile else None

    def in_srgb(image: Image.Image) -> Image.Image:
        if image.mode == "RGBA" and found:
            opaque = in_srgb(image.convert("RGB"))
            opaque.putalpha(image.getchannel("A"))
            return opaque
        if found:
            given, to_srgb = found
            image = image if image.mode == given else image.convert(given)
            return ImageCms.applyTransform(image, to_srgb) or image
        return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")

    return in_srgb


def _transform(profile: bytes, sound: list[str]) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """Return the mode of the profile, and what converts that; `None` where nothing is to be done."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).strip().lower() in _SRGB:
            return None
        mode = _MODES.get(source.profile.xcolor_space.strip(), "")
        if mode in sound:
            srgb = ImageCms.createProfile("sRGB")
            return mode, ImageCms.buildTransform(source, srgb, mode, "RGB")
        logger.info("A colour profile is ignored: it is not of the picture's colours.")
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError) as error:
        logger.info("A colour profile is ignored: %s", error)
    return None
