"""The admin of images: those on a row, as an inline of it, and the library of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.admin import (
    GenericInlineModelAdmin,
    GenericInlineModelAdminChecks,
)
from django.core.checks import CheckMessage, Error
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, Model, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from derived_images.admin import ImageAdminMixin
from derived_images.attachments import registry, visible
from derived_images.attachments.formsets import AttachmentForm, ImagesFormSet
from derived_images.attachments.images import foreign_keys_to
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import get_image_model
from derived_images.attachments.uploads import check_limits, content_of
from derived_images.files import DerivedImages
from derived_images.forms import note_on

MOST_USED_FIRST = ("-uses", "-created", "-pk")

#: Images that are shown together to choose from, and rows that are named as users of one.
CHOICES = 24
USERS = 50


class InlineChecks(GenericInlineModelAdminChecks):
    """Checks of the inline: its parent must be a model with images."""

    def _check_relation(self, obj: Any, parent_model: Any) -> list[CheckMessage]:
        if registry.is_registered(parent_model):
            return super()._check_relation(obj, parent_model)
        told = (
            f"{type(obj).__name__} is an inline of {parent_model._meta.label}, which has no images."
        )
        hint = "Let the model inherit from ImagesMixin, or `register()` it in ready() of an app."
        return [Error(told, hint=hint, obj=type(obj), id="derived_images.E106")]


class ImagesInline(GenericInlineModelAdmin):
    """The images on a row of any registered model: several uploaded at once, ordered, one the cover.

    The policy says who may.
    """

    model = ImageAttachment
    form = AttachmentForm
    formset = ImagesFormSet
    template = "derived_images/images_inline.html"
    checks_class = InlineChecks
    extra = 0
    verbose_name = _("image")
    verbose_name_plural = _("images")

    class Media:
        css = {"all": ["derived_images/images.css"]}
        js = [
            Script("derived_images/pictures.js", defer=True),
            Script("derived_images/images.js", defer=True),
        ]

    def __init__(self, parent_model: type[Model], admin_site: Any) -> None:
        super().__init__(parent_model, admin_site)
        if registry.is_registered(parent_model):
            self.ct_fk_field = registry.column_of(parent_model)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        told = {
            "creator": request.user,
            "may_change": self.has_change_permission(request, obj),
            "images_page": self._images_page(request),
            "choices": self._address_for(obj, "choices"),
            "upload": self._address_for(obj, "upload"),
        }
        return type("ImagesFormSet", (formset,), told)

    def _images_page(self, request: HttpRequest) -> str:
        """Return where the library is; "" of who may not look at it."""
        model = get_image_model()
        registered = self.admin_site.is_registered(model)
        if registered and self.admin_site.get_model_admin(model).has_view_permission(request):
            return _address(self.admin_site, model, "changelist")
        return ""

    def _address_for(self, row: Model | None, view: str) -> str:
        """Return where the library answers for this row; "" before it is known whose it is."""
        url = _address(self.admin_site, get_image_model(), view)
        if not url or (row is None and policy().has_owners):
            return ""
        told = {"model": self.parent_model._meta.label_lower}
        if row is not None:
            told["row"] = quote(row.pk)
        return f"{url}?{urlencode(told)}"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or policy().sees_row(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = self.has_view_permission(request, obj)
        return may and (obj is None or policy().may_attach_to(request.user, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class UsedFilter(admin.SimpleListFilter):
    """Images that something uses, and those that nothing does."""

    title = _("use")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Used")), ("no", _("Unused"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        unused = get_image_model().objects.unused().values("pk")
        if self.value() == "yes":
            return queryset.exclude(pk__in=unused)
        return queryset.filter(pk__in=unused) if self.value() == "no" else queryset


class Library(ChangeList):
    """A list in an order that only its query knows; `ordering` may name columns alone."""

    def _get_default_ordering(self) -> tuple[str, ...]:
        return MOST_USED_FIRST


class ImageAdmin(ImageAdminMixin, admin.ModelAdmin):  # type: ignore[misc, type-arg]
    """The library: all images that the user sees, those that are used most first."""

    list_display = ["thumbnail", "called", "uses", "size", "number", "created"]
    list_display_links = ["thumbnail", "called"]
    list_filter = [UsedFilter, "created"]
    list_per_page = 60
    search_fields = ["title", "alt_text", "description", "name"]
    fields = ["preview", "number", "title", "alt_text", "description", "image_files"]
    readonly_fields = ["preview", "number", "image_files"]
    change_list_template = "derived_images/library.html"
    change_form_template = "derived_images/image.html"

    class Media:
        css = {"all": ["derived_images/images.css"]}

    def images_of(self, row: Any) -> Iterator[DerivedImages]:
        return super().images_of(row.stored)

    def get_queryset(self, request: HttpRequest) -> Any:
        # Not Django's own, which puts them in order before their uses are counted.
        return visible.images_of(request.user).annotate(uses=_uses(request.user))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Library

    def get_urls(self) -> list[Any]:
        options = self.model._meta
        name = f"{options.app_label}_{options.model_name}"
        choices = self.admin_site.admin_view(self.choices_view)
        upload = self.admin_site.admin_view(require_POST(self.upload_view))
        return [
            path("choices/", choices, name=f"{name}_choices"),
            path("upload/", upload, name=f"{name}_upload"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # Images come in on rows, whose owner they then belong to.

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or policy().may_change(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or policy().may_change(request.user, obj)
        )

    @admin.display(description=_("title"), ordering="title")
    def called(self, row: Any) -> str:
        return str(row)

    @admin.display(description=_("used"), ordering="uses")
    def uses(self, row: Any) -> str:
        return str(ngettext("%d use", "%d uses", row.uses) % row.uses)

    @admin.display(description=_("dimensions"))
    def size(self, row: Any) -> str:
        stored = row.stored
        if not stored.width:
            return "–"
        return format_html('<bdi dir="ltr">{} × {}</bdi>', stored.width, stored.height)

    @admin.display(description=_("number"), ordering="pk")
    def number(self, row: Any) -> str:
        return f"#{row.pk}"

    @admin.display(description=_("image"))
    def preview(self, row: Any) -> str:
        """Show it small, with the original behind it."""
        shown = note_on(row.file) or self.thumbnail(row) or row.name
        return format_html('<a href="{}">{}</a>', row.url, shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Name the rows that have the image, as far as the user sees them, with their pages."""
        image = context["original"]
        rows = visible.rows_with(request.user, image, USERS)
        others = [*self._others(request, image)]
        named = [*rows[:USERS], *others[:USERS]]
        context |= {
            "users": [
                (each, _address(self.admin_site, type(each), "change", each.pk)) for each in named
            ],
            "has_more": len(rows) > USERS or len(others) > USERS,
            "is_used": not self.model.objects.unused().filter(pk=image.pk).exists(),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _others(self, request: HttpRequest, image: Any) -> Iterator[Model]:
        """Yield what else has a foreign key to an image, as far as this admin shows it."""
        for field in foreign_keys_to(type(image)):
            if field.model is not ImageAttachment and self.admin_site.is_registered(field.model):
                users = self.admin_site.get_model_admin(field.model)
                if users.has_view_permission(request):
                    yield from users.get_queryset(request).filter(**{field.name: image})[
                        : USERS + 1
                    ]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the images; of the rows that they are on, which not everybody sees, how many."""
        _, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return [str(each) for each in objs], counts, lacking, protected

    def choices_view(self, request: HttpRequest) -> JsonResponse:
        """Answer which images may be put on a row, as somebody searches for them."""
        rules = policy()
        own = rules.owner_of(_row_of(request))
        images: Any = self.get_queryset(request)
        images = images.owned_by(own).order_by(*MOST_USED_FIRST)
        asked = request.GET.get("q", "").replace("\0", "")
        found, repeats = self.get_search_results(request, images, asked)
        found = images.filter(pk__in=found.values("pk")) if repeats else found
        told = [_told(image) for image in found[:CHOICES]]
        return JsonResponse({"images": told, "count": found.count()})

    def upload_view(self, request: HttpRequest) -> JsonResponse:
        """Put a file in the library of a row's owner, before the row's form is saved."""
        rules = policy()
        owner = rules.owner_of(_row_of(request))
        if not rules.may_upload(request.user, owner):
            raise PermissionDenied
        try:
            file = content_of(request.FILES.get("file"))
            check_limits(file)
            image = get_image_model().objects.upload(file, owner=owner, creator=request.user)
        except ValidationError as error:
            return JsonResponse({"errors": error.messages}, status=400)
        return JsonResponse(_told(image))


def _uses(user: Any) -> Any:
    """Return how many of the rows that the user sees, and of others, name an image."""
    uses: Any = Value(0)
    for field in foreign_keys_to(get_image_model()):
        rows = field.model._base_manager.all()
        if field.model is ImageAttachment:
            rows = visible.attachments_of(user).select_related(None)
        same = rows.filter(**{field.name: OuterRef(field.target_field.name)}).order_by()
        number = same.values(field.name).annotate(number=Count("pk")).values("number")
        uses += Coalesce(Subquery(number, output_field=IntegerField()), 0)
    return uses


def _row_of(request: HttpRequest) -> Any:
    """Return the row that images are for, perhaps one that is not made yet. Raises `Http404`."""
    label, key = request.GET.get("model", ""), request.GET.get("row")
    if key is not None:
        row = visible.row_of(request.user, label, unquote(key))
    elif policy().has_owners:
        raise Http404  # Nobody knows whose it will be.
    else:
        row = visible.new_row(label)
    if not policy().may_attach_to(request.user, row):
        raise PermissionDenied
    return row


def _told(image: Any) -> dict[str, Any]:
    return {"number": str(image.pk), "title": str(image), "thumbnail": image.thumbnail_url}


def _address(site: Any, model: type[Model], view: str, *keys: Any) -> str:
    """Return where a model is in this admin; "" if it is not."""
    args = [quote(key) for key in keys]
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
    try:
        return reverse(name, args=args, current_app=site.name)
    except NoReverseMatch:
        return ""


if not admin.site.is_registered(get_image_model()):
    admin.site.register(get_image_model(), ImageAdmin)
