"""Headers: what a picture costs is told before it is decoded, and nothing in it is taken at its word."""

import io
import struct
import zlib

import pytest
from PIL import GifImagePlugin, Image, PngImagePlugin

from derived_images.headers import (
    MOST_FRAMES,
    MOST_SCANS,
    OverBudget,
    UnreadableImage,
    check_budget,
    decoded,
    duration,
    facts,
    identify,
    opened,
    plays,
)
from tests.pictures import RED, STORED, animation, chunk, encoded, mpo, oriented, plain

SCAN, END = b"\xff\xda", b"\xff\xd9"


def gradient(mode="RGB", dimensions=(64, 48)):
    return Image.linear_gradient("L").resize(dimensions).convert(mode)


def with_texts(**texts):
    """Return a PNG with texts under these names."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    return encoded(gradient(), "PNG", pnginfo=info)


def in_three_scans():
    """Return a sequential JPEG, no progressive one, with a scan for each component."""
    data = encoded(gradient("L"), "JPEG")
    frame, scan = data.index(b"\xff\xc0"), data.index(SCAN)
    height, width = struct.unpack(">HH", data[frame + 5 : frame + 9])
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    header = struct.pack(">HBHHB", 8 + 9, 8, height, width, 3) + components
    pixels, tables = data[scan + 10 : -2], data[frame + 13 : scan]
    scans = (SCAN + bytes([0, 8, 1, number, 0, 0, 63, 0]) + pixels for number in (1, 2, 3))
    return data[:frame] + b"\xff\xc0" + header + tables + b"".join(scans) + END


def png(depth, kind, key, row):
    """Return a PNG of one row, of which one colour is transparent."""
    header = struct.pack(">IIBBBBB", 4, 1, depth, kind, 0, 0, 0)
    start = chunk(b"IHDR", header) + chunk(b"tRNS", key)
    return (
        b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND")
    )


class TestIdentify:
    @pytest.mark.parametrize(
        ("data", "format", "frames"),
        [
            (plain("RGB", RED, "JPEG"), "jpeg", 1),
            (plain("RGB", RED, "PNG"), "png", 1),
            (plain("RGB", RED, "WEBP"), "webp", 1),
            (plain("RGB", RED, "GIF"), "gif", 1),
            (plain("RGB", RED, "AVIF"), "avif", 1),
            (animation("GIF"), "gif", 3),
            (animation("PNG"), "png", 3),
            (animation("WEBP"), "webp", 3),
            (animation("AVIF"), "avif", 3),
        ],
    )
    def test_a_header_tells_format_dimensions_and_frames(self, data, format, frames, undecodable):
        identity = identify(io.BytesIO(data))

        assert (identity.format, identity.dimensions, identity.frames) == (format, (40, 30), frames)

    def test_views_behind_a_jpeg_are_no_animation(self):
        assert Image.open(io.BytesIO(mpo())).format == "MPO"
        identity = identify(io.BytesIO(mpo()))

        assert (identity.format, identity.dimensions, identity.frames) == ("jpeg", (60, 40), 1)

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
    @pytest.mark.parametrize("orientation", STORED)
    def test_dimensions_are_upright(self, orientation, format, undecodable):
        file = io.BytesIO(oriented(orientation, format))

        assert identify(file).dimensions == (60, 40)

    def test_the_file_stays_where_it_was(self):
        file = io.BytesIO(plain("RGB", RED))
        file.seek(17)

        assert identify(file).dimensions == (40, 30)
        assert file.tell() == 17

    def test_a_file_that_is_no_picture_stays_where_it_was(self):
        file = io.BytesIO(b"It is text.")
        file.seek(3)

        with pytest.raises(UnreadableImage):
            identify(file)

        assert file.tell() == 3


class TestScans:
    @pytest.mark.parametrize("format", ["JPEG", "MPO"])
    @pytest.mark.parametrize("mode", ["L", "RGB"])
    def test_most_have_one(self, mode, format):
        identity = identify(io.BytesIO(encoded(gradient(mode), format)))

        assert (identity.scans, identity.weight) == (1, 1)

    def test_several_keep_all_of_it_in_memory(self):
        sequential, progressive = (
            identify(io.BytesIO(data))
            for data in (in_three_scans(), encoded(gradient(), "JPEG", progressive=True))
        )

        Image.open(io.BytesIO(in_three_scans())).load()
        assert (sequential.scans, sequential.weight) == (3, 2)
        assert (progressive.scans, progressive.weight) == (10, 2)

    def test_so_do_inks(self):
        assert identify(io.BytesIO(encoded(gradient("CMYK"), "JPEG"))).weight == 2

    def test_thousands_are_over_the_budget(self):
        data = encoded(gradient(), "JPEG", progressive=True)
        last = data[data.rindex(SCAN) : -2]
        check_budget(identify(io.BytesIO(data[:-2] + last * (MOST_SCANS - 10) + END)))

        with pytest.raises(OverBudget, match=r"has 101 scans\. No more than 100 are allowed\."):
            check_budget(identify(io.BytesIO(data[:-2] + last * (MOST_SCANS - 9) + END)))

    def test_none_hides_behind_what_is_no_marker(self):
        data = encoded(gradient(), "JPEG", progressive=True)
        first = data.index(SCAN) + 2 + 12
        scans = data[data.rindex(SCAN) : -2] * MOST_SCANS
        hidden = data[:first] + b"\xff\x02\xf0\0" + data[first:-2] + scans + END

        with pytest.raises(OverBudget, match=r"110 scans"):
            check_budget(identify(io.BytesIO(hidden)))

    @pytest.mark.parametrize("odd", [b"\xff\xd0", b"\xff\xff"], ids=["restart", "fill"])
    def test_a_comment_is_no_header(self, odd):
        """What has no length is no segment to skip, up to the header of a scan in a comment."""
        fake = b"\xff\xfe" + (2 + 0xFFFE - 2).to_bytes(2) + b"\0" * 0xFFFE
        comment = fake[: -len(SCAN) - 40] + SCAN + b"\0\x0c\3" + b"\0" * 37
        data = in_three_scans()

        assert identify(io.BytesIO(data[:2] + odd + comment + data[2:])).scans == 3

    def test_what_only_looks_like_one_does_not_count(self):
        data = encoded(gradient(), "JPEG", progressive=True)
        comment = b"\xff\xfe" + (2 + 400).to_bytes(2) + SCAN * 200

        assert identify(io.BytesIO(data[:2] + comment + data[2:] + SCAN * 200)).scans == 10

    @pytest.mark.parametrize("odd", [b"\xff\xff\xff", b"\0\0"], ids=["fill bytes", "junk"])
    def test_an_odd_header_is_looked_through(self, odd):
        data = encoded(gradient(), "JPEG")

        assert identify(io.BytesIO(data[:20] + odd + data[20:])).scans == 1


class TestTexts:
    @pytest.mark.parametrize("name", ["duration", "loop", "icc_profile", "transparency"])
    def test_a_text_is_no_fact(self, name):
        image, identity = opened(io.BytesIO(with_texts(**{name: "hostile"})))

        assert image.info[name] == "hostile"
        assert name not in facts(image)
        assert (duration(image), plays(image, identity.format)) == (100, 1)
        assert name not in decoded(image, animated=False).info


class TestAnimations:
    def test_what_no_format_can_say_is_cut_off(self):
        image = gradient()
        image.info = {"duration": 65_535_000.0, "loop": 70_000}

        assert duration(image) == 655_350
        assert plays(image, "png") == plays(image, "gif") == plays(image, "webp") == 65_535


class TestFrames:
    @pytest.mark.parametrize("count", [1, 2, 20])
    def test_frames_of_a_gif_are_counted(self, count):
        frames = [Image.new("L", (8, 8), number * 9) for number in range(count)]
        data = encoded(
            frames[0], "GIF", save_all=True, append_images=frames[1:], comment=b"x" * 600
        )

        assert identify(io.BytesIO(data)).frames == count

    def test_no_more_are_counted_than_are_needed(self, monkeypatch):
        frames = [Image.new("L", (8, 8), number % 2 * 99) for number in range(MOST_FRAMES + 5)]
        data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        monkeypatch.setattr(GifImagePlugin.GifImageFile, "n_frames", property(pytest.fail))

        assert identify(io.BytesIO(data)).frames == MOST_FRAMES + 1


class TestTransparentColors:
    @pytest.mark.parametrize(
        ("data", "alpha"),
        [
            (png(1, 0, b"\0\1", b"\x50"), [255, 0, 255, 0]),
            (png(2, 0, b"\0\2", b"\x1b"), [255, 255, 0, 255]),
            (png(4, 0, b"\0\5", b"\x05\xa5"), [255, 0, 255, 0]),
            (png(8, 0, b"\0\5", b"\0\5\1\5"), [255, 0, 255, 0]),
            (
                png(16, 2, struct.pack(">3H", 50_000, 30_000, 8_000), struct.pack(">12H", *(
                    50_000, 30_000, 8_000, 0, 0, 0, 0, 30_000, 8_000, 50_000, 30_000, 8_000
                ))),
                [0, 255, 255, 0],
            ),
        ],
        ids=["1 bit", "2 bits", "4 bits", "8 bits", "3 × 16 bits"],
    )  # fmt: skip
    def test_they_are_told_as_pixels_are(self, data, alpha):
        image = decoded(opened(io.BytesIO(data))[0], animated=False)

        assert list(image.convert("RGBA").getchannel("A").tobytes()) == alpha
