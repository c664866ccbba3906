"""The table of sources."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.sources.base import Source
from relay.sources.bitbucket import Bitbucket
from relay.sources.bitbucket_datacenter import BitbucketDatacenter
from relay.sources.bitbucket_v1 import BitbucketV1
from relay.sources.feed import Feed
from relay.sources.git import Git
from relay.sources.gitea import Gitea
from relay.sources.github import GitHub
from relay.sources.gitlab import GitLab

SOURCES: Mapping[str, type[Source]] = MappingProxyType(
    {
        "bitbucket": Bitbucket,
        "bitbucket-datacenter": BitbucketDatacenter,
        "github": GitHub,
        "gitlab": GitLab,
        "gitea": Gitea,
        "git": Git,
        "feed": Feed,
        "bitbucket-v1": BitbucketV1,
    }
)
