"""Who may see a file. The media view asks for each: the original, and every one derived from it."""

from .models import Picture


def may_see(request, file):
    if isinstance(file.instance, Picture):
        return request.user.is_authenticated or not file.instance.is_private
    return True  # the workshop's images: all of them are public
