"""What editors do in the admin: real GETs and POSTs."""

import uuid

from django.urls import reverse

LIBRARY = "/admin/derived_images_attachments/image/"


def prefix_of(client, row):
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    formset = client.get(url).context["inline_admin_formsets"][0].formset
    return url, formset.prefix


def post(client, row, *, attachments=(), cover=None, **values):
    """Post the page of a row; names of values begin behind the prefix, the cover is a number."""
    url, prefix = prefix_of(client, row)
    data = {f"{prefix}-TOTAL_FORMS": len(attachments), f"{prefix}-INITIAL_FORMS": len(attachments)}
    for number, each in enumerate(attachments):
        data[f"{prefix}-{number}-id"] = each.pk
    covers = [number for number, each in enumerate(attachments) if each.is_cover]
    data[f"{prefix}-cover"] = data[f"{prefix}-cover_before"] = ""
    for number in covers:
        data[f"{prefix}-cover"] = data[f"{prefix}-cover_before"] = f"{prefix}-{number}"
    if cover is not None:
        data[f"{prefix}-cover"] = f"{prefix}-{cover}" if cover != "" else ""
    data |= {
        name.removeprefix("_own_")
        if name.startswith("_")
        else f"{prefix}-{name.replace('__', '-')}": value
        for name, value in values.items()
    }
    own = {field.name: getattr(row, field.name) for field in row._meta.fields if field.editable}
    data |= {name: value for name, value in own.items() if isinstance(value, str | int | uuid.UUID)}
    return client.post(url, data)


def titles(row):
    return [str(each) for each in row.images.all()]


def errors(response):
    return response.context["inline_admin_formsets"][0].formset.non_form_errors()
