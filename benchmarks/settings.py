"""The project that pages are read in: as projects do, it has its settings in a module."""

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["derived_images"]
MEDIA_URL = "/media/"
SECRET_KEY = "benchmarks"  # noqa: S105
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
