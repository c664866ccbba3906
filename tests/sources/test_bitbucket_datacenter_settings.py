"""What rules.yaml may say of a Bitbucket Data Center server."""

from typing import Any

import pytest
from pydantic import ValidationError

from relay.sources.bitbucket_datacenter_settings import BitbucketDatacenterSettings

URL = "https://git.example"


def made(**settings: Any) -> BitbucketDatacenterSettings:
    return BitbucketDatacenterSettings(**({"url": URL, "repositories": ("TP/site",)} | settings))


@pytest.mark.parametrize("below", ["", "/", "/rest/api/1.0", "/rest/api/1.0/", "/rest/api/latest"])
@pytest.mark.parametrize("base", [URL, f"{URL}:7990/bitbucket"])
def test_address(base: str, below: str):
    """The address is taken with and without the API's part, and may lie below a path."""
    assert base == made(url=base + below).url


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"url": "git.example"}, "must be an address like"),
        ({"url": "https://ada:secret@git.example"}, "must not hold a login"),
        ({"url": "https://api.bitbucket.org/2.0"}, "is Bitbucket Cloud, which is kind: bitbucket"),
        ({"repositories": ()}, "names nothing to poll"),
        ({"repositories": ("site",)}, "is not owner/slug"),
        ({"repositories": ("*/site",)}, "names no owner"),
        ({"username": "ada"}, "username and password belong together"),
        ({"username": "ada", "password": "x", "token": "y"}, "takes either a token or username and password"),
    ],
)
def test_problems(settings: dict[str, Any], problem: str):
    """Each mistake is one sentence."""
    with pytest.raises(ValidationError, match=problem):
        made(**settings)


def test_address_is_needed():
    """There is no public server, so there is no default."""
    with pytest.raises(ValidationError, match="url"):
        BitbucketDatacenterSettings.model_validate({"repositories": ["TP/site"]})


@pytest.mark.parametrize(
    ("settings", "header", "user"),
    [
        ({"token": "t0ken"}, "Bearer t0ken", None),
        ({"username": "ada", "password": "pass"}, "Basic YWRhOnBhc3M=", "ada"),
    ],
)
def test_credentials(settings: dict[str, Any], header: str, user: str | None):
    """A token is sent as Bearer, a name and password as Basic, by git too."""
    found = made(**settings)
    assert found.login is not None
    assert (header, user) == (found.headers["authorization"], found.login.username)


def test_nobody():
    """Public repositories can be read without credentials."""
    assert ({}, None) == (made().headers, made().login)


def test_cost():
    """Each repository costs two requests a cycle."""
    many = made(repositories=("TP/a", "TP/b", "~ada/*"))
    assert "about 240 requests an hour, and what the repositories of patterns add" == many.cost(60)
