"""One-line faults of this library: every one of them some story, or another proof, must notice."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    #: The module, and a line of it, or a part of one, that is there once.
    path: str
    old: str
    new: str
    #: Which must notice; see `run_mutants`.
    suites: tuple[str, ...] = ("stories",)


AUDIT = "derived_images/audit.py"
DECLARATIONS = "derived_images/declarations.py"
FIELDS = "derived_images/fields.py"
FILES = "derived_images/files.py"
HANDLERS = "derived_images/handlers.py"
PLACES = "derived_images/places.py"
REFERENCES = "derived_images/references.py"
TASKS = "derived_images/tasks.py"

#: What the stories tell, what happens by chance, and what happens at once.
ANYWHERE = ("stories", "stateful", "races")

MUTANTS = [
    # --- When
    Mutant(
        "delete at once",
        TASKS,
        "after_commit(using, removal.run)",
        "removal.run()",
        ANYWHERE,
    ),
    Mutant(
        "wrong alias",
        TASKS,
        "transaction.on_commit(work, using=using, robust=True)",
        "transaction.on_commit(work, robust=True)",
        ("stories", "stateful"),
    ),
    Mutant(
        "wait for no other database",
        TASKS,
        "        if unfinished:",
        "        if False:",
    ),
    Mutant(
        "leave what was looked away from",
        TASKS,
        "    schedule_rendering(instance, field, aimed, using)\n    schedule_removal(field, name, using)",
        "    schedule_rendering(instance, field, aimed, using)",
        ("stateful",),
    ),
    Mutant(
        "image.delete() at once",
        FIELDS,
        "        forget_content(self)",
        "        self.storage.delete(self.name)",
    ),
    # --- Who names it
    Mutant(
        "no reference question",
        TASKS,
        "holders, kept = references.holders(names), references.kept(names)",
        "holders, kept = {}, references.kept(names)",
        ANYWHERE,
    ),
    Mutant(
        "ask image fields alone",
        REFERENCES,
        "                if isinstance(field, FileField):",
        "                if isinstance(field, ImageField):",
    ),
    Mutant(
        "ask the default database alone",
        REFERENCES,
        "for alias in _aliases(model):",
        'for alias in ["default"]:',
        ("stories", "stateful"),
    ),
    Mutant(
        "ask through a manager",
        REFERENCES,
        "QuerySet(model=field.model, using=alias).filter(condition)",
        "field.model._base_manager.using(alias).filter(condition)",
    ),
    Mutant(
        "believe the collation",
        REFERENCES,
        "({name for _, name in rows} | defaults(field)).intersection(names)",
        "({each for held in [{name.lower() for _, name in rows}] for each in names"
        " if each.lower() in held} | defaults(field)).intersection(names)",
        ("stories on mariadb",),
    ),
    Mutant(
        "no default guard",
        REFERENCES,
        "({name for _, name in rows} | defaults(field))",
        "({name for _, name in rows})",
        ("stories", "stateful"),
    ),
    Mutant(
        "no callable default guard",
        REFERENCES,
        'getattr(in_database, "value", in_database), field.get_default()}',
        'getattr(in_database, "value", in_database)}',
    ),
    Mutant(
        "ask no KEEP",
        REFERENCES,
        '    keep = setting("KEEP")',
        "    keep = None",
    ),
    Mutant(
        "a KEEP that fails keeps nothing",
        REFERENCES,
        "        return names\n\n\ndef asked_to_keep",
        "        return ()\n\n\ndef asked_to_keep",
    ),
    Mutant(
        "a place is a storage object",
        PLACES,
        "        return str(storage.location)",
        "        return id(storage)",
    ),
    Mutant(
        "variants are nobody's need",
        TASKS,
        "if not in_use and (place(storage), name) not in needed:",
        "if not in_use:",
        ("stories", "stateful"),
    ),
    Mutant(
        "variants are nobody's source",
        TASKS,
        "in_use = name in holders or",
        "in_use = source in holders or",
    ),
    # --- Which file
    Mutant(
        "remembered name of a deleted row",
        HANDLERS,
        "    if origin is instance:",
        "    if False:",
        ("stories", "races"),
    ),
    Mutant(
        "remembered name of a saved row",
        HANDLERS,
        "_names_in_row(instance, known, using)",
        "vars(instance._state).setdefault('seen', _names_in_row(instance, known, using))",
        ANYWHERE,
    ),
    Mutant(
        "an instance made by hand is new",
        HANDLERS,
        "    return not is_set or (instance._state.adding and chosen)",
        "    return not is_set or instance._state.adding",
    ),
    Mutant(
        "no lock",
        REFERENCES,
        "        return rows.select_for_update(no_key=connection.features.has_select_for_no_key_update)",
        "        return rows",
        ("races",),
    ),
    Mutant(
        "prefix delete",
        TASKS,
        "            remove(storage, [name])",
        "            remove(storage, [f'{name.rpartition(chr(47))[0]}/{each}' for each in"
        " storage.listdir(name.rpartition('/')[0])[1]"
        " if f'{name.rpartition(chr(47))[0]}/{each}'.startswith(source.rpartition('.')[0])])",
        ("stories", "stateful"),
    ),
    Mutant(
        "plain sources go",
        TASKS,
        "    if isinstance(field, AutoCleanupImageField) and not _may_be_default(field, source):\n        yield",
        "    if True:\n        yield",
    ),
    Mutant(
        "update_fields is not read",
        HANDLERS,
        "    return update_fields is None or field.name in update_fields",
        "    return True or field.name in update_fields",
    ),
    Mutant(
        "what was stored before a save is forgotten",
        HANDLERS,
        "        for freed in {before.get(attname), *new} - {name}:",
        "        for freed in {before.get(attname)} - {name}:",
    ),
    Mutant(
        "what was stored before a delete is forgotten",
        HANDLERS,
        "        for name in {names.get(attname), *stored.get(attname, ())}:",
        "        for name in {names.get(attname)}:",
    ),
    Mutant(
        "proxies are not followed",
        HANDLERS,
        "    if _followed[model]:",
        "    if _followed[model] and not model._meta.proxy:",
    ),
    Mutant(
        "variants lie beside their source",
        DECLARATIONS,
        "            yield manager.storage_beside(field), name",
        "            yield field.storage, name",
    ),
    Mutant(
        "one manager is enough",
        DECLARATIONS,
        "    for manager in declarations(field):",
        "    for manager in list(declarations(field))[:1]:",
    ),
    # --- What goes wrong, and what comes late
    Mutant(
        "a delete that fails stops the others",
        FILES,
        '        except Exception:\n            logger.exception("Cannot delete %r',
        '        except KeyError:\n            logger.exception("Cannot delete %r',
        ("stories", "faults"),
    ),
    Mutant(
        "late work renders whatever it is told",
        TASKS,
        '    instance = row_naming(model, payload["key"], field.attname, source, using)',
        '    instance = model(pk=payload["key"]["id"])',
    ),
    Mutant(
        "a save that is repeated renders nothing",
        HANDLERS,
        "        if name and (name in new or until_now != name):",
        "        if name in new:",
    ),
    # --- Half done
    Mutant(
        "non-atomic write",
        FILES,
        "        _write_beside(storage, name, content)\n",
        "        open(storage.path(name), 'wb').write(content.read())\n",
        ("races",),
    ),
    Mutant(
        "delete, then save",
        FILES,
        "        _write_beside(storage, name, content)\n",
        "        storage.delete(name); storage.save(name, content)\n",
        ("faults", "races"),
    ),
    Mutant(
        "a write that fails leaves its temporary file",
        FILES,
        "        storage.delete(temporary)\n",
        "        pass\n",
        ("faults",),
    ),
    # --- The audit
    Mutant(
        "delete what the listing said",
        AUDIT,
        "            yield from (found for found in batch if (place(found.storage), found.name) in free)",
        "            yield from batch",
        ("audit",),
    ),
    Mutant(
        "delete whatever its age",
        AUDIT,
        "if _modified(found) < before)",
        "if _modified(found) or before)",
        ("audit",),
    ),
    Mutant(
        "what is not ours is an orphan",
        AUDIT,
        'return "orphaned" if is_ours or is_claimed else "foreign"',
        'return "orphaned"',
        ("audit",),
    ),
    Mutant(
        "links are files of their own",
        "derived_images/comparison.py",
        "WHERE kind IS NULL AND identity IN (",
        "WHERE kind IS NULL AND name IN (",
        ("audit",),
    ),
    Mutant(
        "believe at once that it is missing",
        AUDIT,
        "                if want.name not in held or _exists(self._places.storages[want.place], want.name):",
        "                if False:",
        ("audit",),
    ),
    # --- Names
    Mutant(
        "no allocation",
        FIELDS,
        "return self._allocated(name, content, focus_of(self.instance, self.field))",
        "return self.storage.get_available_name(name, self.field.max_length)",
    ),
    Mutant(
        "variants' names are free",
        FILES,
        "        while self._is_taken(name):",
        "        while False:",
    ),
    Mutant(
        "write over a clash",
        TASKS,
        "[each for each in targets if each.name not in clashing]",
        "targets",
    ),
]
