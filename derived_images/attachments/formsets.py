"""A form of the images on one row: new ones, chosen ones, and the order, cover and texts of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib.contenttypes.forms import BaseGenericInlineFormSet
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from derived_images.attachments import visible
from derived_images.attachments.attaching import RowImages
from derived_images.attachments.images import owner_in
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import get_image_model
from derived_images.attachments.uploads import check_limits, check_request
from derived_images.forms import ImageInput, thumbnail

#: What a policy may raise of a row whose form is not filled in, or that is not saved.
UNKNOWN = (ObjectDoesNotExist, AttributeError, ValueError)

#: What an attachment says of its image on its row.
OWN_TEXTS = ["custom_title", "custom_alt_text", "custom_description"]


class AttachmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An image on a row, or a new one for it: its place, its texts there, and its file."""

    #: Of a new one: which image of the library it is. Else its file is uploaded.
    number = forms.CharField(required=False, widget=forms.HiddenInput)
    place = forms.IntegerField(
        label=gettext_lazy("Place"), min_value=1, max_value=100_000, required=False
    )
    file = forms.FileField(
        label=gettext_lazy("Replace by"),
        required=False,
        validators=[check_limits],
        widget=ImageInput(attrs={"accept": "image/*"}),
    )

    #: Number → image, of those that were chosen and can be; the formset tells.
    choosable: Mapping[str, Any] = {}

    class Meta:
        model = ImageAttachment
        fields = OWN_TEXTS
        widgets = {"custom_description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        #: Whether it is of no image that is on the row already.
        self.is_new = is_new
        super().__init__(*args, **kwargs)
        if self.is_new:
            self.fields["file"].label = _("File")
        else:
            del self.fields["number"]

    @property
    def is_gone(self) -> bool:
        """Whether it is of an image that is not on the row any more."""
        return not self.is_new and self.instance.pk is None

    @property
    def is_missed(self) -> bool:
        """Whether it has gone with something that was said of it, and would be lost."""
        texts = (self.data.get(self.add_prefix(name)) for name in OWN_TEXTS)
        return self.is_gone and bool(self.lost_file or any(texts))

    @property
    def lost_file(self) -> str:
        """The name of a file that was sent, and is not kept until it is sent again; else ""."""
        file = self.files.get(self.add_prefix("file"))
        return str(file.name) if file else ""

    def has_changed(self) -> bool:
        if self.is_new:  # A place and texts alone are nothing.
            return not {"number", "file"}.isdisjoint(self.changed_data)
        return super().has_changed()

    @property
    def moved(self) -> bool:
        """Whether it was given another place."""
        return "place" in self.changed_data

    @property
    def rank(self) -> float:
        """Its place; one that was moved up comes before who was there, one moved down behind."""
        place: int | None = self.cleaned_data.get("place")
        if self.is_new:
            return float("inf") if place is None else place
        before: int = self.get_initial_for_field(self.fields["place"], "place")
        place = place or before
        return place + (place > before) / 2 - (place < before) / 2

    @property
    def chosen(self) -> Any:
        """The image that a new one is; ``None``, if it is not there, or a file."""
        return self.choosable.get(self["number"].value()) if self.is_new and self.is_bound else None

    @property
    def image(self) -> Any:
        """The image that it is about; ``None`` of a file that is not uploaded yet."""
        return self.chosen if self.is_new else self.instance.image

    @property
    def title(self) -> str:
        """What the image is called here."""
        if self.image is None:
            return self.lost_file
        return self["custom_title"].value() or str(self.image)

    @property
    def thumbnail(self) -> SafeString | str:
        """The image, small; "" if nobody can see it, as it is no picture, or there is none."""
        image = self.image
        if image is None or not image.stored.width:
            return ""
        return thumbnail(image.variants, alt=self.title, loading="eager")


class ImagesFormSet(BaseGenericInlineFormSet):  # type: ignore[type-arg]
    """The images on a row, as `RowImages` changes them: all that is asked for, or nothing."""

    instance: Model
    #: Who uploads; the admin sets it.
    creator: Any = None
    #: Whether anything may be changed at all; what is sent nevertheless is not read.
    may_change = True

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Any = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        **kwargs: Any,
    ) -> None:
        self.instance = instance
        #: Whether the row is being made, and nobody knows yet, perhaps, whose it will be.
        self.is_making = instance._state.adding
        self.save_as_new = False  # Its forms are those of new ones, see below.
        attachments = ImageAttachment.objects.none()
        if not self.is_making:
            attachments = visible.attachments_of(self.creator).of(instance)
            if queryset is not None:
                attachments = attachments.filter(pk__in=queryset.values("pk"))
        if data is not None:
            data = data.copy()
            own = prefix or self.get_default_prefix()
            if save_as_new:
                self._as_new(data, files or {}, own)
            else:
                _fill_in(data, _named(data, own, attachments))
        # Past Django's own, which looks for one type of key.
        super(BaseGenericInlineFormSet, self).__init__(
            data, files, prefix=prefix, queryset=attachments, **kwargs
        )

    def _as_new(self, data: Any, files: Any, prefix: str) -> None:
        """Let "Save as new" put the same images on the new row: their forms are those of new ones."""
        forms = _named(data, prefix, visible.attachments_of(self.creator))
        seen = {*visible.on_seen_rows(self.creator, forms.values())}
        forms = {form: each for form, each in forms.items() if each in seen}
        _fill_in(data, forms)
        for form, attachment in forms.items():
            # What is removed stays away, and another file stands in its place.
            if f"{form}-DELETE" not in data and f"{form}-file" not in files:
                data[f"{form}-number"] = str(attachment.image_id)
        data[f"{prefix}-INITIAL_FORMS"] = "0"

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        """Let a form be of what it names, not of whatever is in that place by now."""
        if self.is_bound and i < self.initial_form_count():
            kwargs["instance"] = ImageAttachment()
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if form.is_gone:
            for field in form.fields.values():
                field.disabled, field.required = True, False
        return form

    def _existing_object(self, pk: Any) -> ImageAttachment:
        found = super()._existing_object(pk)  # type: ignore[misc]
        self._object_dict.pop(pk, None)  # type: ignore[attr-defined]  # For one form alone.
        return found or ImageAttachment()

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Tell each form its place, if it has one."""
        told: dict[str, Any] = {**super().get_form_kwargs(index), "is_new": True}
        if index is not None and index < self.initial_form_count():
            told |= {"is_new": False, "initial": {"place": index + 1}}
        return told

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # It has been found by its key: Django's own field asks the database for each form again.
        key = str(form.instance.pk or "")
        form.fields["id"] = forms.CharField(widget=forms.HiddenInput, initial=key, required=False)
        if not self.may_upload:
            del form.fields["file"]
        form.choosable = self.chosen

    # --- What is asked for

    @property
    def limit(self) -> int | None:
        """How many images the row may have."""
        return getattr(self.instance, "images_limit", None)

    @cached_property
    def may_upload(self) -> bool:
        """Whether the policy lets files in; of a row that is being made it is asked later."""
        rules = policy()
        if self.is_making and rules.has_owners:
            return True
        return rules.may_upload(self.creator, rules.owner_of(self.instance))

    @cached_property
    def uploads(self) -> list[Any]:
        """The files that were chosen to be added, in one field for all."""
        # Without any file Django makes it a dict.
        return self.files.getlist(f"{self.prefix}-files") if self.files and self.may_change else []

    @cached_property
    def picked(self) -> list[str]:
        """The images of the library that were chosen, as they were told in one field for all."""
        is_told = self.is_bound and self.may_change
        told = self.data.get(f"{self.prefix}-picked", "") if is_told else ""
        return [each.lstrip("#") for each in re.split(r"[\s,;]+", told) if each]

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """Number → image, of those in the row's library that were chosen in any way."""
        return self._look_up() if self.is_known else {}

    def _look_up(self) -> dict[str, Any]:
        own = (
            self.data.get(f"{self.prefix}-{index}-number", "")
            for index in range(self.total_form_count())
        )
        numbers = [*self.picked, *filter(None, own)]
        if not numbers:
            return {}
        return _found(visible.images_for(self.creator, self.instance), numbers)

    @cached_property
    def is_known(self) -> bool:
        """Whether it can be told whose the row is: not always of one that is being made."""
        rules = policy()
        if not self.is_making or not rules.has_owners:
            return True
        try:
            return rules.owner_of(self.instance) is not None
        except UNKNOWN:
            return False

    @cached_property
    def cover(self) -> str | None:
        """The form of the image that stands for the row, as it was chosen; "" of none."""
        if self.is_bound and self.may_change:
            told: str | None = self.data.get(f"{self.prefix}-cover")
            if told is not None and told != self.data.get(f"{self.prefix}-cover_before"):
                return told
        return self.cover_before

    @cached_property
    def cover_before(self) -> str | None:
        """The same, before: who does not touch it changes nothing. ``None`` of a row being made."""
        if self.is_making:
            return None
        if self.is_bound and self.may_change:
            told = self.data.get(f"{self.prefix}-cover_before")
            if told in {"", *(form.prefix for form in self._present)}:
                return str(told)
        return next((form.prefix for form in self._present if form.instance.is_cover), "")

    @property
    def shown(self) -> list[Any]:
        """The forms that people see, as they have put them in order; no new one without an image."""
        forms = [*self._present, *(form for form in self.extra_forms if form.has_changed())]
        return sorted(forms, key=lambda form: form.rank) if self.is_bound else forms

    @property
    def _gone(self) -> list[Any]:
        """The forms of images that somebody else has removed."""
        forms: list[Any] = self.initial_forms
        return [form for form in forms if form.is_gone]

    @property
    def _present(self) -> list[Any]:
        """The forms of images that are on the row still."""
        forms: list[Any] = self.initial_forms
        return [form for form in forms if not form.is_gone]

    @property
    def _new(self) -> list[Any]:
        """The forms of images that come in."""
        return [form for form in self.extra_forms if form.has_changed() and not self._goes(form)]

    @property
    def _going(self) -> list[ImageAttachment]:
        """What is to be removed, but what is chosen again."""
        staying = {image.pk for image in self.chosen.values()}
        going = [form.instance for form in self._present if self._goes(form)]
        return [each for each in going if each.image_id not in staying]

    def _goes(self, form: Any) -> bool:
        return self.can_delete and bool(self._should_delete_form(form))  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        if self.cover != self.cover_before or self.uploads or self.picked:
            return True
        return super().has_changed() or any(form.is_missed for form in self._gone)

    # --- Whether it may be

    def clean(self) -> None:
        super().clean()
        if not self.may_change or not self.has_changed():
            return
        self._hold()
        if not self._is_allowed():
            raise ValidationError(_("You may not do this to the images of %s.") % self.instance)
        if errors := [*self._faults()]:
            raise ValidationError(errors)

    def _hold(self) -> None:
        """Let nobody else change the row, or delete what was chosen, until the admin has saved."""
        if not self.is_making:
            self._images.lock()
        keys = [image.pk for image in self.chosen.values()]
        images = get_image_model().all_images(self._images.using).filter(pk__in=keys)
        images.lock()
        there = {*images.values_list("pk", flat=True)}
        for number in [each for each, image in self.chosen.items() if image.pk not in there]:
            del self.chosen[number]

    def _is_allowed(self) -> bool:
        """Ask the policy, as far as it can tell of a row that is being made; `save()` asks again."""
        if not self.is_known:
            return True
        try:
            return self._is_granted()
        except UNKNOWN:  # The row's own form says what is missing.
            if not self.is_making:
                raise
            return True

    def _is_granted(self) -> bool:
        rules, row = policy(), self.instance
        return (
            (self.is_making or rules.sees_row(self.creator, row))
            and rules.may_attach_to(self.creator, row)
            and (not self._files or rules.may_upload(self.creator, rules.owner_of(row)))
        )

    @property
    def _files(self) -> list[Any]:
        """All files that were sent."""
        own = (form.cleaned_data.get("file") for form in self.forms)
        return [*self.uploads, *filter(None, own)]

    def _faults(self) -> Iterator[str]:
        """Yield what is said of all that cannot be done."""
        if any(form.is_missed or form.prefix == self.cover for form in self._gone):
            yield _("Somebody else has removed an image that you changed. Save again without it.")
        yield from self._file_faults()
        if self.is_known:
            yield from (_("There is no image %s here.") % number for number in self._missing())
        yield from self._limit_faults()

    def _missing(self) -> list[str]:
        """Return the numbers of no image that can be chosen."""
        own = (form.cleaned_data.get("number") for form in self._new if not form.lost_file)
        return [each for each in (*own, *self.picked) if each and each not in self.chosen]

    def _file_faults(self) -> Iterator[str]:
        for file in self.uploads:
            try:
                check_limits(file)
            except ValidationError as error:
                yield from (f"{file.name}: {message}" for message in error.messages)
        try:
            size = sum(file.size for file in self._files)
            check_request(files=len(self._files), size=size)
        except ValidationError as error:
            yield from error.messages
        if self._files and self.is_known:
            yield from _owner_faults(self.instance)

    def _limit_faults(self) -> Iterator[str]:
        there = self._there().exclude(pk__in=[each.pk for each in self._going])
        chosen = {image.pk for image in self.chosen.values()}
        files = [form for form in self._new if form.chosen is None]
        new = len(self.uploads) + len(files)
        new += len(chosen.difference(there.values_list("image_id", flat=True)))
        if self.limit == 1:
            if new > 1:
                yield _("%s has one image: choose one.") % self.instance
        elif self.limit is not None and new and there.count() + new > self.limit:
            told = {"row": self.instance, "limit": self.limit}
            yield _("%(row)s may have %(limit)d images at most. Remove some, or add fewer.") % told

    def _there(self) -> Any:
        """Return the attachments that the row has by now, whatever the form was made of."""
        if self.instance.pk is None:
            return ImageAttachment.objects.none()
        return self._images.attachments()

    # --- What is done

    @property
    def _images(self) -> RowImages:
        return RowImages(self.instance)

    def save(self, commit: bool = True) -> list[Any]:
        """Do what is asked for, and tell the admin of it. Raises `PermissionDenied`."""
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        if not self.may_change or not self.has_changed():
            return []
        if self.is_making:
            self._ask_again()
        for attachment in self._going:
            self._images.detach(attachment)
            self.deleted_objects.append(attachment)
        # Before another file takes the place of one that is chosen again.
        new = self._new_ones()
        attached = self._kept_ones() | new
        self._put_in_order(attached)
        self._set_cover(attached)
        return self.new_objects

    def _ask_again(self) -> None:
        """See that what is done may be, now that the row has been made. Raises `PermissionDenied`."""
        self.chosen.update(self._look_up())
        state = self.instance._state
        state.adding = True  # Who adds rows is asked whether they may.
        try:
            is_granted = self._is_granted()
        finally:
            state.adding = False
        if not is_granted or self._missing():
            raise PermissionDenied

    def _new_ones(self) -> dict[Any, ImageAttachment]:
        """Return the form of each that has one, and what was put on the row."""
        attached = {}
        for form in self._new:
            attached[form] = self._attach(form.chosen or form.cleaned_data.get("file"))
            texts = {name: text for name in OWN_TEXTS if (text := form.cleaned_data[name])}
            if texts:
                for name, text in texts.items():
                    setattr(attached[form], name, text)
                attached[form].save(update_fields=[*texts])
        for each in (*(self.chosen[number] for number in self.picked), *self.uploads):
            self._attach(each)
        return attached

    def _attach(self, file_or_image: Any) -> ImageAttachment:
        attachment = self._images.attach(file_or_image, self.creator, {})
        self.new_objects.append(attachment)
        return attachment

    def _kept_ones(self) -> dict[Any, ImageAttachment]:
        """Return the form of each that was there and is, and its attachment, changed as asked for."""
        there = {*self._there().values_list("pk", flat=True)}
        kept = [form for form in self._present if form.instance.pk in there]
        for form in kept:
            if form.has_changed():
                self._change(form)
                self.changed_objects.append((form.instance, form.changed_data))
        return {form: form.instance for form in kept}

    def _change(self, form: Any) -> None:
        attachment = form.instance
        if texts := [name for name in OWN_TEXTS if name in form.changed_data]:
            attachment.save(update_fields=texts)
        if file := form.cleaned_data.get("file"):
            self._images.replace(attachment, file, self.creator)

    def _put_in_order(self, attached: dict[Any, ImageAttachment]) -> None:
        if any(form.moved for form in attached):
            forms = sorted(attached, key=lambda form: form.rank)
            keys = dict.fromkeys(attached[form].pk for form in forms)
            there = {each.pk: each for each in self._there()}
            self._images.reorder([there[key] for key in keys], 0)

    def _set_cover(self, attached: dict[Any, ImageAttachment]) -> None:
        if self.cover == self.cover_before:
            return
        form = next((form for form in attached if form.prefix == self.cover), None)
        if self.cover == "":
            self._images.unset_cover()
        elif form is not None and not self._there().get(pk=attached[form].pk).is_cover:
            self._images.set_cover(attached[form])
            self.changed_objects.append((attached[form], ["cover"]))


def _named(data: Any, prefix: str, attachments: Any) -> dict[str, ImageAttachment]:
    """Return the prefix of each form that names one of these attachments, and which."""
    own = re.compile(rf"({re.escape(prefix)}-\d{{1,5}})-id")
    forms = {match[1]: data[name] for name in data if (match := own.fullmatch(name))}
    found = _found(attachments, forms.values())
    return {form: found[key] for form, key in forms.items() if key in found}


def _fill_in(data: Any, forms: dict[str, ImageAttachment]) -> None:
    """Put in what pages with script leave out, as nobody touched it."""
    for form, attachment in forms.items():
        data.setdefault(f"{form}-place", str(int(form.rpartition("-")[2]) + 1))
        for text in OWN_TEXTS:
            data.setdefault(f"{form}-{text}", getattr(attachment, text))


def _owner_faults(row: Model) -> Iterator[str]:
    """Yield what is said of a row without an owner, where images must have one."""
    try:
        owner_in(get_image_model(), policy().owner_of(row))
    except ValidationError as error:
        yield from error.messages


def _found(rows: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Return key → row, of those that are there."""
    told = {}
    for key in keys:
        with suppress(ValueError, ValidationError):
            told[key] = visible.key_of(rows.model, key)
    found = rows.in_bulk([*told.values()])
    return {key: found[pk] for key, pk in told.items() if pk in found}
