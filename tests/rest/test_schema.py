"""What OpenAPI is told: valid, and without a warning."""

import io

import pytest
import yaml
from django.core.management import call_command

pytestmark = pytest.mark.urls("tests.rest.urls")


def described():
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return yaml.safe_load(out.getvalue())


def test_it_is_valid_and_nothing_is_guessed():
    paths = described()["paths"]
    for mount in ("/api/image/", "/api/library/", "/orgs/{organization}/images/"):
        assert mount in paths
    operations = [each for path in paths.values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)


def test_what_is_answered_has_an_example():
    paths = described()["paths"]
    listed = paths["/api/image/"]["get"]["responses"]["200"]["content"]["application/json"]
    (example,) = listed["examples"].values()
    assert example["value"]["results"][0]["image"]["variants"]["thumb"].endswith("_thumb.webp")


def test_the_urls_of_variants_are_text():
    variants = described()["components"]["schemas"]["Image"]["properties"]["variants"]
    assert variants["properties"] == {"original": {"type": "string"}}
    assert variants["additionalProperties"] == {"type": "string"}
