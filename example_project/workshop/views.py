"""The pages of the workshop. Rows of all three models share them."""

from django.contrib import messages
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import generic

from derived_images.attachments.models import Image

from .forms import TextsForm
from .models import Organization, Part


class Organizations(generic.ListView):
    queryset = Organization.objects.prefetch_related(
        Prefetch("part_set", Part.objects.with_images())
    )


class OfOrganization:
    """Knows one organization, and nothing of the others."""

    @cached_property
    def organization(self):
        return get_object_or_404(Organization, slug=self.kwargs["organization"])

    def get_context_data(self, **kwargs):
        # In place of the slug, which some views take over from the address.
        return super().get_context_data(**{**kwargs, "organization": self.organization})


class OrganizationPage(OfOrganization, generic.TemplateView):
    template_name = "workshop/organization_detail.html"

    def get_context_data(self, **kwargs):
        own = self.organization
        kinds = {
            "Parts": own.part_set.with_images(),
            "Companies": own.company_set.with_images(),
            "Places": own.place_set.with_images(),
        }
        return super().get_context_data(kinds=kinds, **kwargs)


class OfRow(OfOrganization):
    """Knows one row of the organization."""

    #: Which model's: parts, companies or places.
    model = None

    @cached_property
    def row(self):
        rows = self.model.objects.select_related("organization")
        return get_object_or_404(rows, organization=self.organization, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs):
        return super().get_context_data(row=self.row, **kwargs)

    def get_success_url(self):
        return self.row.get_absolute_url()


class RowPage(OfRow, generic.TemplateView):
    template_name = "workshop/row.html"

    def get_context_data(self, **kwargs):
        attachments = self.row.images.with_images()
        return super().get_context_data(attachments=attachments, **kwargs)


class Attach(OfRow, generic.FormView):
    """Puts images on the row: new ones, or those of the library, as the form has it."""

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "row": self.row}

    def form_valid(self, form):
        for attachment in form.attach():
            messages.success(self.request, f"“{attachment}” is on {self.row}.")
        # What could not be attached is told in the form.
        return self.form_invalid(form) if form.errors else super().form_valid(form)


class Texts(OfRow, SuccessMessageMixin, generic.UpdateView):
    form_class = TextsForm
    template_name = "workshop/texts.html"
    context_object_name = "attachment"
    pk_url_kwarg = "attachment"
    success_message = "Saved. On other rows the image says what it said before."

    def get_queryset(self):
        return self.row.images.with_images()


class Arrange(OfRow, generic.View):
    """Does something with one image of the row, and goes back to where that image is."""

    def post(self, request, **kwargs):
        attachments = self.row.images.with_images()
        attachment = get_object_or_404(attachments, pk=kwargs["attachment"])
        try:
            self.arrange(attachment)
        except ValidationError as error:  # Somebody else has just detached it.
            messages.error(request, " ".join(error.messages))
        return redirect(f"{self.get_success_url()}#image-{attachment.pk}")


class Cover(Arrange):
    def arrange(self, attachment):
        self.row.set_cover(attachment)


class Move(Arrange):
    #: How far: one up is -1, one down is 1.
    step = 0

    def arrange(self, attachment):
        place = [*self.row.images.all()].index(attachment) + self.step
        self.row.reorder(attachment, max(place, 0))


class Detach(Arrange):
    def arrange(self, attachment):
        self.row.detach(attachment)
        messages.success(self.request, f"“{attachment}” is detached. It stays in the library.")


class OfLibrary(OfOrganization):
    """Knows the images of one organization."""

    model = Image

    def get_queryset(self):
        return self.model.objects.owned_by(self.organization).select_related("stored")

    def get_success_url(self):
        return reverse("library", args=[self.organization.slug])


class ImageList(OfLibrary, generic.ListView):
    template_name = "workshop/library.html"
    context_object_name = "images"

    def get_queryset(self):
        images = super().get_queryset().annotate(rows=Count("attachments"))
        return images.order_by("-created", "-pk")  # Django drops a model's own where it counts.

    def get_context_data(self, **kwargs):
        stored = {image.stored_id for image in self.object_list}
        return super().get_context_data(stored=len(stored), **kwargs)


class DeleteImage(OfLibrary, SuccessMessageMixin, generic.DeleteView):
    template_name = "workshop/delete.html"
    context_object_name = "image"

    def get_context_data(self, **kwargs):
        attachments = self.object.attachments.with_rows()
        return super().get_context_data(attachments=attachments, **kwargs)

    def get_success_message(self, cleaned_data):
        return f"“{self.object}” is deleted, off every row."
