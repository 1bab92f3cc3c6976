"""What commands share: progress on a terminal, and the rows that arguments mean."""

import io

import pytest
from django.core.management.base import OutputWrapper

from derived_images.management import terminal
from derived_images.management.selecting import keys_of, text_of
from derived_images.management.terminal import Bar, TerminalCommand
from tests.shop import models as shop


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def command():
    command = TerminalCommand()
    command.stderr = OutputWrapper(Terminal())
    command.stderr.style_func = lambda text: f"\033[31m{text}"
    return command


class TestBar:
    @pytest.fixture(params=[True, False])
    def shown(self, request, command, monkeypatch, capsys):
        """Return what is on the terminal, with tqdm and without."""
        monkeypatch.setattr(terminal, "PACE", -1)
        if not request.param:
            monkeypatch.setattr(terminal, "find_spec", lambda name: None)
        return lambda: command.stderr._out.getvalue() + capsys.readouterr().err

    def test_it_tells_how_many_how_fast_and_how_long_yet(self, shown, command):
        with Bar(command, 3, is_hidden=False) as bar:
            bar.advance()
            bar.advance()

        told = shown()
        assert "2 of 3 pictures" in told or "2/3" in told

    def test_it_makes_room_for_lines(self, command, monkeypatch):
        monkeypatch.setattr(terminal, "find_spec", lambda name: None)
        Bar(command, 3, is_hidden=False).clear()

        assert command.stderr._out.getvalue() == "\r\033[K", "It is not red, as errors are."

    def test_hidden_it_is_silent(self, shown, command):
        with Bar(command, 3, is_hidden=True) as bar:
            bar.advance()

        assert shown() == ""

    def test_what_programs_read_stays_clean(self, shown, command):
        command.stderr = OutputWrapper(io.StringIO())
        with Bar(command, 3, is_hidden=False) as bar:
            bar.advance()
        command.progress("Reading", 5)

        assert shown() == ""


@pytest.mark.parametrize(
    ("model", "text", "key"),
    [
        (shop.Plain, "12", 12),
        (shop.Child, "12", 12),
        (shop.WithSlug, "a,b", "a,b"),
        (shop.Composite, "3,x", (3, "x")),
    ],
)
def test_keys_are_texts(model, text, key):
    assert keys_of(model, [text]) == {text: key}
    assert text_of(model, key) == text


@pytest.mark.parametrize(
    ("model", "text"),
    [(shop.Plain, "x"), (shop.WithUUID, "12"), (shop.Composite, "3"), (shop.Composite, "3,x,y")],
)
def test_what_is_no_key_is_left_out(model, text):
    assert keys_of(model, [text]) == {}
