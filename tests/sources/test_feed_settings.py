"""What may stand in the settings of a feed, and what its address tells."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from relay.config import load
from relay.http import Http
from relay.sources.base import Start, Tools
from relay.sources.feed import Feed
from relay.sources.feed_address import address
from tests.servers import Server
from tests.sources.feed_polling import made
from tests.sources.forges.feed import Forge
from tests.stage import Stage

TRAC = "https://trac.example/site/timeline?format=rss"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "needs url: (one feed) or feeds:"),
        ({"url": "trac.example/timeline"}, "must be the address of an Atom or RSS feed"),
        ({"url": "ftp://trac.example/timeline"}, "must be the address of an Atom or RSS feed"),
        ({"url": "https:///timeline"}, "must be the address of an Atom or RSS feed"),
        ({"url": "https://[/x"}, "is not a well-formed address"),
        ({"url": "https://h:port/x"}, "is not a well-formed address"),
        ({"url": "https://h/a b"}, "holds blanks"),
        ({"url": TRAC, "feeds": [TRAC]}, "lists https://trac.example/site/timeline?format=rss twice"),
        ({"feeds": [f"{TRAC}&token=aaaaaaaa", f"{TRAC}&token=bbbbbbbb"]}, "twice"),
        ({"url": TRAC, "token": "t", "username": "u", "password": "p"}, "either a token or username and password"),
        ({"url": TRAC, "username": "u"}, "belong together"),
        ({"feeds": [TRAC, "https://other.example/f"], "token": "t"}, "feeds on several hosts"),
        ({"url": TRAC, "repository": "acme/"}, "is not owner/slug"),
        ({"url": TRAC, "types": {"title:": "fork"}}, "empty pattern 'title:'"),
        ({"url": TRAC, "types": {"": "fork"}}, "empty pattern ''"),
        ({"url": TRAC, "types": {"wiki": "Wiki Page"}}, "'Wiki Page' is no event type"),
        (
            {"url": TRAC, "types": {"wiki": "wiki_update"}},
            "no event type is called 'wiki_update'; did you mean 'wiki_updated'?",
        ),
        ({"url": TRAC, "repositories": ["acme/site"]}, "Extra inputs are not permitted"),
    ],
)
def test_problems(settings: dict[str, object], problem: str):
    """What cannot be meant is refused in a sentence, and no secret stands in it."""
    with pytest.raises(ValidationError) as caught:
        made(settings)
    assert problem in str(caught.value)
    assert "aaaaaaaa" not in str(caught.value)


def test_a_type_of_ones_own_may_be_named():
    """An event type that relay has no word for is taken, if it is not near to one."""
    assert {"Jobs": "company_news"} == made({"url": TRAC, "types": {"Jobs": "company_news"}}).types


@pytest.mark.parametrize(
    ("text", "repository", "page", "branch"),
    [
        ("https://github.com/acme/site/commits/main.atom", "acme/site", "https://github.com/acme/site", "main"),
        ("https://github.com/acme/site/commits/fix/x.atom", "acme/site", "https://github.com/acme/site", "fix/x"),
        ("https://github.com/acme/site/releases.atom", "acme/site", "https://github.com/acme/site", None),
        ("https://github.com/ada.atom", "ada", "https://github.com/ada", None),
        ("https://gl.example/g/s/p/-/commits/main?format=atom", "s/p", "https://gl.example/g/s/p", "main"),
        ("https://gl.example/g/p/-/issues.atom", "g/p", "https://gl.example/g/p", None),
        ("https://gl.example/g/p.atom", "g/p", "https://gl.example/g/p", None),
        ("https://gitea.example/o/r/rss/branch/main", "o/r", "https://gitea.example/o/r", "main"),
        ("https://gitea.example/o/r/releases.rss", "o/r", "https://gitea.example/o/r", None),
        ("https://git.example/cgit/site/atom/?h=dev", "site", "https://git.example/cgit/site", "dev"),
        ("http://h:80/gitweb?p=a/b.git;a=atom;h=refs/heads/x", "a/b", "http://h:80/gitweb?p=a/b.git", "x"),
        ("http://h:8000/atom-log", "h:8000", "http://h:8000", None),
        ("http://h/hg/site/rss-tags", "site", "http://h/hg/site", None),
        ("https://trac.example/timeline?format=rss", "trac.example", "https://trac.example", None),
        ("https://r.example/projects/p/activity.atom", "p", "https://r.example/projects/p", None),
        ("https://r.example/projects/p/repository/x/revisions?format=atom", "p", "https://r.example/projects/p", None),
        ("https://git.sr.ht/~ada/site/log/rss.xml", "~ada/site", "https://git.sr.ht/~ada/site", None),
        ("https://blog.example/feed.xml", "blog.example", "https://blog.example", None),
    ],
)
def test_what_an_address_tells(text: str, repository: str, page: str, branch: str | None):
    """The repository and the branch are read from the address, whichever server it is of."""
    known = address(text)
    assert (repository, page, branch) == (known.repository.full_name, known.repository.url, known.branch)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://h/f.atom?feed_token=s3cret&max=5", "https://h/f.atom?max=5"),
        ("https://h/f.atom?max=5&private_token=s3cret", "https://h/f.atom?max=5"),
        ("https://h/f.atom?key=s3cret", "https://h/f.atom"),
        ("https://h/f?p=r;API_KEY=s3cret;a=atom", "https://h/f?p=r;a=atom"),
        ("https://h/rss?token=s3cret#top", "https://h/rss"),
        ("https://ada:s3cret@h:8443/f?keywords=x&monkey=y&page=1", "https://h:8443/f?keywords=x&monkey=y&page=1"),
    ],
)
def test_the_key_holds_no_secret(text: str, key: str):
    """The key is the address without login and secrets, so that a new token is no new feed."""
    known = address(text)
    assert (key, True) == (known.key, any("s3cret" in secret for secret in known.secrets))
    assert "s3cret" not in repr(known).replace(known.url, "")


def test_feeds_and_their_cost():
    """Each address is a feed of its own, asked once a cycle."""
    settings = made({"url": TRAC, "feeds": ["https://trac.example/other/timeline?format=rss&token=abcdefgh"]})
    source = Feed("f", settings, Start(), Tools(Http(), Path()))
    assert (TRAC, "https://trac.example/other/timeline?format=rss") == source.feeds()
    assert "about 120 requests an hour" == settings.cost(60)


def test_types_of_the_table_are_given(tmp_path: Path):
    """A rule for a type that the table of the settings names is fed; for one that nothing names there is a warning."""
    text = (
        rules(*["http://h"] * 2)
        .replace('"*"', "file_uploaded, fork")
        .replace("milestone: entry", "Files: file_uploaded, milestone: entry")
    )
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    warnings = load(tmp_path / "rules.yaml", {}).warnings
    assert ["fork"] == [
        type for type in ("file_uploaded", "fork") if any(f"can give {type}" in one for one in warnings)
    ]


def test_a_feed_can_be_watched():
    """An address alone is settings enough."""
    assert TRAC == made(made({"url": TRAC}).of_target(TRAC, {})).places[0].key


def test_a_feed_in_a_file(tmp_path: Path):
    """A feed of rules.yaml is followed: history is kept, what is new is told once, as its table says."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(server.url, sink.url))
        assert stage.once()
        forge.add(2)
        assert stage.once(minutes=2)
        assert stage.once(minutes=2)
        told = [request.json() for request in sink.requests]
    assert [("report_issue", "ada reported issue #2: Ticket 2 of <all> & more (acme/site)")] == [
        (one["type"], one["summary"]) for one in told
    ]


def rules(server: str, sink: str) -> str:
    return f"""
sources:
  trac:
    kind: feed
    url: {server}/site/timeline?format=rss
    repository: acme/site
    types: {{milestone: entry_published, "title:Release *": release_published}}
destinations:
  lake: {{kind: webhook, url: "{sink}"}}
rules:
  "*": lake
"""
