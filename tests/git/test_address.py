"""Addresses of git repositories."""

from pathlib import Path

import pytest

from relay.git.address import address


@pytest.mark.parametrize(
    ("text", "key", "name", "web"),
    [
        ("https://github.com/acme/site.git", None, "acme/site", "https://github.com/acme/site"),
        ("https://ada:secret@github.com/acme/site/", "https://github.com/acme/site/", "acme/site", "https://github.com/acme/site"),
        ("git@github.com:acme/site.git", None, "acme/site", "https://github.com/acme/site"),
        ("ssh://git@bitbucket.org/acme/site.git", None, "acme/site", "https://bitbucket.org/acme/site"),
        ("ssh://git:secret@host:2222/acme/site.git", "ssh://git@host:2222/acme/site.git", "acme/site", None),
        ("https://gitlab.com/group/sub/site", None, "sub/site", "https://gitlab.com/group/sub/site"),
        ("https://github.com:8443/acme/site", None, "acme/site", None),
        ("https://example.org/acme/my%20site", None, "acme/my site", None),
        ("http://[::1]:3000/acme/site.git", None, "acme/site", None),
        ("host:site.git", None, "site", None),
        ("file:///srv/git/acme/site.git", None, "acme/site", None),
        ("/srv/git/acme/site/.git", None, "acme/site", None),
        ("/site", None, "site", None),
    ],
)  # fmt: skip
def test_addresses(text: str, key: str | None, name: str, web: str | None) -> None:
    """An address tells the feed's key, the repository's name and, on known hosts, its page."""
    found = address(text)
    assert (key or text, name, web) == (found.key, found.repository.full_name, found.web)


def test_a_relative_path() -> None:
    """A relative path counts from the current folder, and is named by where it leads."""
    here, found = Path.cwd(), address("./x/..")
    assert ("./x/..", str(here), here.name) == (found.key, found.url, found.repository.slug)


def test_a_login_in_an_address() -> None:
    """It is kept apart, decoded; a lone name is a token; an ssh user is none."""
    login = address("https://ada:p%40ss@example.org/o/r").login
    assert login and ("ada", "p@ss") == (login.username, login.password.get_secret_value())
    token = address("https://t0ken@example.org/o/r").login
    assert token and "t0ken" == token.password.get_secret_value()
    assert None is address("ssh://git@example.org/o/r").login


def test_a_login_is_not_shown() -> None:
    """Neither the address nor its representation holds it."""
    assert "secret" not in repr(address("https://ada:secret@example.org/o/r"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("https://example.org/o/r\n", "control characters"),
        ("--upload-pack=touch x", "begins with '-'"),
        ("ext::sh -c touch% x", "names a program"),
        ("ftp://example.org/o/r", "scheme"),
        ("https:///o/r", "names no host"),
        ("ssh://-oProxyCommand=x/o/r", "names no host"),
        ("-oProxyCommand=x:r", "begins with '-'"),
        ("git@-oProxyCommand=x:r", "names no host"),
        ("https://example.org/", "names no repository"),
        ("https://example.org:port/o/r", "well-formed"),
        ("https://[::1/o/r", "well-formed"),
        ("~nobody-of-this-name/r", "home of a user"),
        ("/", "names no repository"),
    ],
)
def test_addresses_that_are_refused(text: str, problem: str) -> None:
    """What git could take for an option or a command, and what leads nowhere, is refused before git sees it."""
    with pytest.raises(ValueError, match=problem):
        address(text)
