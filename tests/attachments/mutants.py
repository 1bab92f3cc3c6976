"""One-line faults of the wing, which the proofs of images on rows must notice."""

from tests.life.mutants import Mutant

ATTACHED = "derived_images/attachments/attached.py"
ATTACHING = "derived_images/attachments/attaching.py"
HANDLERS = "derived_images/attachments/handlers.py"
IMAGES = "derived_images/attachments/images.py"
STORED = "derived_images/attachments/stored.py"

LIVES = ("lives of images",)
RACES = ("races for images",)

MUTANTS = [
    Mutant(
        "no next cover",
        HANDLERS,
        "    if instance.is_cover and siblings.exists():",
        "    if False:",
        LIVES,
    ),
    Mutant(
        "an unused image may be on another row",
        IMAGES,
        "            self.unused().filter(pk=pk).delete()",
        "            self.filter(pk=pk).delete()",
        LIVES,
    ),
    Mutant(
        "a stored file stays",
        HANDLERS,
        "    instance.stored_files(using).remove_unused(instance.stored_id)",
        "    pass",
        LIVES,
    ),
    Mutant(
        "images go with their file",
        IMAGES,
        "on_delete=models.RESTRICT",
        "on_delete=models.CASCADE",
        LIVES,
    ),
    Mutant(
        "anothers image",
        ATTACHED,
        "if key is None or key != rules.owner_key(rules.owner_of(row)):",
        "if key is None:",
        LIVES,
    ),
    Mutant(
        "one too many",
        ATTACHED,
        "siblings.count() >= limit",
        "siblings.count() > limit",
        LIVES,
    ),
    Mutant(
        "a stale instance takes the cover off",
        ATTACHED,
        "            self.is_cover = before.is_cover",
        "            pass",
        LIVES,
    ),
    Mutant(
        "other bytes of one owner",
        STORED,
        "same = self.filter(owner_key=owner_key, sha256=known.sha256)",
        "same = self.filter(owner_key=owner_key)",
        LIVES,
    ),
    Mutant(
        "the row is not locked",
        ATTACHED,
        "row = locked(rows, [model._meta.pk.attname]).first()",
        "row = rows.first()",
        RACES,
    ),
    Mutant(
        "the image is not locked",
        ATTACHED,
        '        list(locked(images, ["stored_id"]).values_list("pk"))',
        "        pass",
        RACES,
    ),
    Mutant(
        "the stored file is not locked",
        STORED,
        'stored = locked(same, ["sha256"]).first()',
        "stored = same.first()",
        RACES,
    ),
    Mutant(
        "no upsert",
        STORED,
        "                update_conflicts=True,",
        "                update_conflicts=False,",
        RACES,
    ),
    Mutant(
        "images are locked as they come",
        IMAGES,
        "            self.all().lock_with_all()",
        "            pass",
        RACES,
    ),
]
