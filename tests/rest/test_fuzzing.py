"""Requests made up from what OpenAPI is told, by members of two organizations: nothing breaks.

`FUZZING=300 pytest tests/rest/test_fuzzing.py` makes up as many of each.
"""

import os

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from derived_images.attachments.models import Image, ImageAttachment
from tests.attachments.models import Part
from tests.pictures import picture

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FILES = ("file", "files")
MEMBERS = ("Acme", "Bolts")
SETTINGS = settings(
    max_examples=int(os.environ.get("FUZZING", "15")),
    stateful_step_count=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def known(parts):
    """Return name → values that lead somewhere; what is made up hardly ever does."""
    rows, images, attachments = (
        [each.pk for each in model.objects.order_by("pk")]
        for model in (Part, Image, ImageAttachment)
    )
    return {
        "organization": list(MEMBERS),
        "app_label": ["tests_attachments"],
        "model": ["part", "stranger"],
        "content_type": ["tests_attachments.part", "tests_attachments.stranger"],
        "object_id": [str(row) for row in rows],
        "image_id": images,
        "ids": [images[:2], images[1:4]],
        "id": attachments,
        "file": [picture("made.png", format="PNG").read()],
        "files": [[picture("made.png", format="PNG").read(), b"Lorem ipsum"]],
    }


class Guide:
    """Leads two of three values that were made up somewhere: replaces them by known ones."""

    def __init__(self, known):
        self.known = known
        #: How many it has seen. Not by the values: a key that a request has made is another one the
        #: next time, though all was taken back, and the same life would go on in another way.
        self.turn = 0

    def led(self, values, **others):
        if not isinstance(values, dict):
            return values
        known = {**self.known, **others}
        for name in sorted(known.keys() & values.keys()):
            self.turn += 1
            if self.turn % 3 and known[name]:
                values[name] = known[name][self.turn % len(known[name])]
        return values


@pytest.fixture
def one_connection():
    """Let requests use the test's transaction, as those of Django's own test client do."""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def guide(parts):
    return Guide(known(parts))


@pytest.fixture
def schema(parts, guide, one_connection):
    for member in MEMBERS:
        User.objects.create_user(member, password="x")
    schema = schemathesis.openapi.from_wsgi("/schema/?format=json", get_wsgi_application())
    schema.config.update(base_url="http://testserver")

    @schema.hook
    def map_case(context, case):
        case.path_parameters = guide.led(case.path_parameters)
        is_form = case.media_type == "multipart/form-data"
        case.body = guide.led(case.body, **({} if is_form else dict.fromkeys(FILES)))
        return case

    return schema


def check(case, response):
    case.validate_response(response, checks=CHECKS)
    assert response.status_code < 400 or isinstance(response.json()["detail"], str)


@pytest.mark.parametrize("member", MEMBERS)
def test_each_operation(schema, member):
    for result in schema.get_all_operations():
        operation = result.ok()

        @SETTINGS
        @given(case=operation.as_strategy())
        def run(case):
            check(case, case.call(auth=(member, "x")))

        run()


@pytest.mark.parametrize("member", MEMBERS)
def test_one_after_the_other(schema, guide, member):
    class Machine(schema.as_state_machine()):
        def setup(self):
            guide.turn = 0
            self.life = transaction.atomic()
            self.life.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.life.__exit__(None, None, None)

        def get_call_kwargs(self, case):
            return {"auth": (member, "x")}

        def validate_response(self, response, case, **kwargs):
            check(case, response)

    run_state_machine_as_test(Machine, settings=SETTINGS)
