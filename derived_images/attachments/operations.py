"""What migrations can do about images on rows."""

from __future__ import annotations

import logging
from typing import Any

from django.db.migrations import RunPython

from derived_images.attachments.adoption import Adoption

logger = logging.getLogger("derived_images")


class MoveImages(RunPython):
    """Attaches the image that each row has in a field: ``MoveImages("shop.Product", "photo")``.

    The migration depends on the last one of `derived_images_attachments`. The field keeps its
    names: remove it in a later migration. It can be run again, and reversed.
    """

    def __init__(self, model: str, field: str) -> None:
        if model.count(".") != 1:
            raise ValueError(f"{model!r} is no model: give app.Model, as in shop.Product.")
        self.model = model
        self.field = field
        super().__init__(self._move, self._give_back)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__qualname__, [self.model, self.field], {}

    def describe(self) -> str:
        return f"Attach the images that {self.model} has in {self.field}"

    def _move(self, apps: Any, schema_editor: Any) -> None:
        adoption = self._adoption(apps, schema_editor)
        tally = adoption.move()
        logger.info("%s: %s", self.describe(), tally)
        if tally.moved and not adoption.is_registered:
            logger.warning("%s has images, but neither ImagesMixin nor register().", self.model)

    def _give_back(self, apps: Any, schema_editor: Any) -> None:
        tally = self._adoption(apps, schema_editor).give_back()
        logger.info("Undone: %s: %s", self.describe(), tally)

    def _adoption(self, apps: Any, schema_editor: Any) -> Adoption:
        def tell(key: Any, name: str, reason: str) -> None:
            logger.warning("%s %s keeps %r. %s", self.model, key, name, reason)

        return Adoption(apps, self.model, self.field, schema_editor.connection.alias, tell)
