"""Patterns on GitLab: what a group holds, what came, went and was renamed, and where a new project begins."""

from datetime import timedelta
from typing import Any

import pytest

from relay.errors import FeedError, FeedGarbled, FeedMissing
from relay.sources.base import Start
from tests.servers import Reply, Server
from tests.sources.forges.gitlab import NOON, PROJECT, Forge, entry, text
from tests.sources.gitlab_polling import LATER, NOW, Poll, events, titles


def project(id: int, path: str, at: Any = NOON) -> dict[str, Any]:
    """A project as lists hold it."""
    return PROJECT | {"id": id, "path_with_namespace": path, "created_at": text(at)}


class Group:
    """A GitLab with a group, and the poll of its patterns."""

    def __init__(self, *projects: dict[str, Any], place: str = "groups/acme/projects") -> None:
        self.forge, self.projects = Forge(), list(projects)
        self.forge.places[place] = self.projects

    def poll(self, server: Server, *patterns: str, feed: str = "groups/acme") -> Poll:
        return Poll(server, feed=feed, repositories=patterns or ("acme/*",))


def test_projects_of_subgroups_are_listed():
    """A pattern holds the group and its subgroups, less what is excluded or named by itself; keys are GitLab's ids."""
    group = Group(project(1, "acme/a"), project(2, "acme/web/b"), project(3, "acme/old-c"), project(4, "acme/d"))
    with Server(group.forge.respond) as server:
        page = group.poll(server, "acme/*", "!acme/old-*", "acme/d")()
    asked = server.requests[0].query
    assert [("ids/1", "acme/a"), ("ids/2", "acme/web/b")] == [(one.key, one.name) for one in page.listed or ()]
    assert ("true", "false", 600) == (asked["include_subgroups"], asked["with_shared"], page.ask_after)


def test_nothing_moves_the_cursor_of_a_list_that_stays():
    """A listing that is as it was leaves the cursor, and still says all that it holds."""
    group = Group(project(1, "acme/a"))
    with Server(group.forge.respond) as server:
        poll = group.poll(server)
        poll()
        page = poll()
    assert (False, 1) == (poll.moved, len(page.listed or ()))


def test_people_have_projects_too():
    """Where there is no group of that name, it is a person, and later nobody else is asked for."""
    group = Group(project(1, "acme/a"), place="users/acme/projects")
    with Server(group.forge.respond) as server:
        poll = group.poll(server)
        poll()
        assert ["groups/acme/projects", "users/acme/projects"] == poll.asked()
        assert 1 == len(poll().listed or ())
        assert ["users/acme/projects"] == poll.asked()


def test_owner_that_is_not_there():
    """A name that is neither a group's nor a person's is missing."""
    with Server(Forge().respond) as server, pytest.raises(FeedMissing):
        Group().poll(server)()


def test_what_came_went_and_was_renamed():
    """A rename is told at once, a project that is gone the second time it is missing; both by id."""
    group = Group(project(1, "acme/a"), project(2, "acme/b"))
    with Server(group.forge.respond) as server:
        poll = group.poll(server)
        poll()
        group.projects[:] = [project(1, "acme/new")]
        (renamed,) = events(poll())
        (gone,) = events(poll())
    assert ("repo_renamed", "a", "acme/new") == (renamed.type, renamed.title, renamed.repository.full_name)
    assert ("delete", "2:delete:2026-11-22", "acme/b") == (gone.type, gone.id, gone.repository.full_name)


def test_listing_and_feed_tell_a_rename_once():
    """What the listing and the project's own feed both find out has one id."""
    group = Group(project(15, "acme/site"))
    group.forge.add(1)
    with Server(group.forge.respond) as server:
        listing, own = group.poll(server), Poll(server)
        listing(), own()
        group.projects[:] = [project(15, "acme/new")]
        group.forge.places["projects/15"] = project(15, "acme/new")
        group.forge.add(2)
        (listed,) = events(listing())
        assert listed.id in [event.id for event in events(own(NOW + timedelta(days=1)))]


@pytest.mark.parametrize(("made", "told"), [(NOON, []), (NOON + timedelta(hours=1), ["First"])])
def test_new_projects_are_read_from_their_creation(made: Any, told: list[str]):
    """A project made since the first listing is told whole, one that only came into view follows start."""
    group = Group(project(1, "acme/a"))
    group.forge.entries = [entry(1, target_title="First")]
    with Server(group.forge.respond) as server:
        poll = group.poll(server)
        poll()
        group.projects.append(project(15, "acme/site", made))
        new = next(one for one in poll().listed or () if one.key == "ids/15")
        feed = Poll(server, LATER, feed=new.key)
        feed.cursor = new.cursor
        assert told == [found.event.title for found in feed().found if not found.history]
        assert [] == titles(feed())


def test_projects_that_were_there_follow_start():
    """What the first listing finds begins as start says."""
    group = Group(project(15, "acme/site"))
    group.forge.entries = [entry(1, target_title="First"), entry(2, target_title="Second")]
    with Server(group.forge.respond) as server:
        feed = Poll(server, Start("count", count=1), feed="ids/15")
        feed.cursor = (group.poll(server)().listed or ())[0].cursor
        assert ["Second"] == [found.event.title for found in feed().found if not found.history]


def test_more_projects_than_pages():
    """Lists of many pages are read whole, and one without end is refused in words."""
    group = Group(*(project(n, f"acme/{n}") for n in range(250)))
    with Server(group.forge.respond) as server:
        assert 250 == len(group.poll(server)().listed or ())
        server.respond = lambda _: Reply(body=[project(1, "acme/a")], headers={"x-next-page": "2"})
        with pytest.raises(
            FeedGarbled, match="acme has more than 200 projects; name smaller groups, as in acme/group/"
        ):
            group.poll(server)()


@pytest.mark.parametrize("cursor", [{}, [], {"kind": "none"}, {"kind": "groups", "turn": 3}, {"kind": "groups"}])
def test_damaged_cursor(cursor: Any):
    """A cursor that the listing cannot have left is told."""
    group = Group(project(1, "acme/a"))
    with Server(group.forge.respond) as server:
        poll = group.poll(server)
        poll.cursor = cursor
        with pytest.raises(FeedError, match="damaged in the database"):
            poll()


def test_hostile_list():
    """What is no project in a list is passed over."""
    group = Group(project(1, "acme/a"))
    group.projects += [None, 7, {}, {"id": 3}, {"id": [], "path_with_namespace": "acme/x"}]
    with Server(group.forge.respond) as server:
        assert ["ids/1"] == [one.key for one in group.poll(server)().listed or ()]
