"""The example's settings: SQLite, local media, nothing clever. Take them apart!"""

import os
from pathlib import Path

import django

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("DEMO_DATA", HERE))  # where the database and the media lie

DEBUG = True  # so that Django serves static files; never so on the open net
SECRET_KEY = "known to everybody, fit for nothing but this demonstration"

INSTALLED_APPS = [
    "derived_images",  # all that the library asks for
    "gallery",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    }
]
ROOT_URLCONF = "urls"

# Since Django 6.0: nothing inline but on the pages that say so, see gallery/policies.py.
if django.VERSION >= (6, 0):
    MIDDLEWARE.append("django.middleware.csp.ContentSecurityPolicyMiddleware")
    SECURE_CSP = {"default-src": ["'self'"], "img-src": ["'self'", "data:", "blob:"]}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "demo.sqlite3",
        # Or else who has read first may not write while another one does, as two editors do.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
# The media view serves them: it makes what is missing, and asks who may see what.
DERIVED_IMAGES = {"URLS": "view", "AUTHORIZE": "gallery.rules.may_see"}

# The wing: images on rows of any model, shown by the workshop.
INSTALLED_APPS += ["derived_images.attachments", "workshop"]
DERIVED_IMAGES["POLICY"] = "workshop.policy.OrganizationPolicy"

# The other wing: a REST API over them.
INSTALLED_APPS += ["derived_images.rest", "rest_framework", "rest_framework.authtoken"]
INSTALLED_APPS += ["drf_spectacular", "drf_spectacular_sidecar", "api"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The workshop's images",
    "DESCRIPTION": "Authorize as *demo*, password *demo*, who is a member of both organizations, "
    "`lakeside-press` and `harbour-tiles`. `part`, `company` and `user` are as much of InvenTree's "
    "API as its Python client asks for.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
