"""Who may see a file. The media view asks for each: the original, and every one derived from it."""


def may_see(request, file):
    return request.user.is_authenticated or not file.instance.is_private
