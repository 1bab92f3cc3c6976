"""Who may see what, in these tests."""

import threading

_meeting = threading.Barrier(2)


def not_hidden(request, file):
    """Show what is not hidden."""
    return not file.instance.is_hidden


def together(request, file):
    """Answer two requests only together: a server that takes them in turn never does."""
    _meeting.wait(timeout=30)
    return True
