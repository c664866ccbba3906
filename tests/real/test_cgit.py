"""A real cgit and a real gitweb behind a real nginx: two dialects of the same commits."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.follower import Follower
from tests.real.running import Daemon, free_port, installed, program, push, repository
from tests.servers import Server

CGIT = "/usr/lib/cgit/cgit.cgi"
GITWEB = "/usr/share/gitweb/gitweb.cgi"
NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /cgit {{
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ^(/cgit)(.*)$;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_param SCRIPT_FILENAME {cgit};
      fastcgi_param CGIT_CONFIG {folder}/cgitrc;
      fastcgi_pass 127.0.0.1:{wrap};
    }}
    location /gitweb {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {gitweb};
      fastcgi_param GITWEB_CONFIG {folder}/gitweb.conf;
      fastcgi_pass 127.0.0.1:{wrap};
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Site:
    """Where both serve, and a clone to push from."""

    url: str
    clone: Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """One repository with one commit, served by cgit and gitweb."""
    nginx, wrapper = program("nginx"), program("fcgiwrap")
    cgit, gitweb = installed(CGIT), installed(GITWEB)
    bare, clone = repository(tmp_path)
    push(clone, "Begin")
    port, wrap = free_port(), free_port()
    (tmp_path / "cgitrc").write_text(f"cache-size=0\nmax-atom-items=10\nrepo.url=site\nrepo.path={bare}\n")
    (tmp_path / "gitweb.conf").write_text(f'our $projectroot = "{tmp_path}";\n')
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(folder=tmp_path, port=port, wrap=wrap, cgit=cgit, gitweb=gitweb))
    with (
        Daemon(wrap, wrapper, "-c", "2", "-s", f"tcp:127.0.0.1:{wrap}", log=tmp_path / "fcgiwrap.log"),
        Daemon(port, nginx, "-p", tmp_path, "-c", conf, log=tmp_path / "nginx.out"),
    ):
        yield Site(f"http://127.0.0.1:{port}", clone)


@pytest.mark.parametrize(
    "feed", ["/cgit/site/atom/?h=main", "/gitweb?p=site.git;a=atom;h=main", "/gitweb?p=site.git;a=rss"]
)
def test_pushes(site: Site, tmp_path: Path, feed: str):
    """A feed at rest tells nothing, then each commit once, readable, with a link that leads to it."""
    with Server() as sink:
        follower = Follower(tmp_path, sink, site.url + feed, repository="acme/site")
        assert ([], [], []) == (follower.told(), follower.told(), follower.told())
        hashes = push(site.clone, 'Make <b>bold</b> & "co"', "Second\n\nWith <i>body</i>")
        told = follower.told()
        assert [] == follower.told()
    to = "" if feed.endswith("rss") else " to main"
    assert [
        f'Zoë Ärger committed {hashes[0][:7]}{to}: Make <b>bold</b> & "co" (acme/site)',
        f"Zoë Ärger committed {hashes[1][:7]}{to}: Second (acme/site)",
    ] == [body["summary"] for body in told]
    assert all(body["data"]["url"].startswith(site.url) for body in told)
    assert "Second\n\nWith <i>body</i>" == told[1]["data"]["commits"][0]["message"]


def test_both_at_once(site: Site, tmp_path: Path):
    """The feeds of two branches of a repository tell a commit once."""
    places = [f"{site.url}/cgit/site/atom/?h=main", f"{site.url}/cgit/site/atom/?id=main"]
    with Server() as sink:
        follower = Follower(tmp_path, sink, *places)
        follower.told()
        push(site.clone, "Once")
        assert 1 == len(follower.told())
