"""The media view's address. Mount it where files have theirs: at MEDIA_URL, exactly.

    path("media/", include("derived_images.urls"))

Another storage than the default one has a mount of its own, which says its alias.

    path("private/", include("derived_images.urls"), {"storage": "private"})
"""

from django.urls import path

from derived_images import views
from derived_images.places import VIEW

# No namespace: Django wants one for each mount, and several are all right.
urlpatterns = [path("<path:name>", views.media, name=VIEW)]
