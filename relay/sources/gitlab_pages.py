"""The lists of GitLab's API, page by page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.api import Answer, Api
from relay.errors import FeedGarbled
from relay.fields import Fields

PAGE = 100
"""Items of a page, the most that GitLab gives."""


class Pages:
    """A list that is read as far as it is wanted; `more` says whether there is another page, `url` where it was read.

    GitLab leaves out what the token may not see after it cut the pages, so neither a short page nor an empty one is the
    last. Pages are asked for by number, since a server behind a proxy may not know its own address; only where it tells
    no number is its link followed.
    """

    def __init__(self, api: Api, place: str, now: datetime, query: Mapping[str, Any] | None = None) -> None:
        self._api, self._now = api, now
        self._place = place
        self._query: Mapping[str, Any] | None = {"per_page": PAGE, **(query or {})}
        self.url = place
        self.more = True

    async def read(self) -> list[Any]:
        """The items of the next page. Raises a FeedError."""
        answer = await self._api.get(self._place, self._now, self._query)
        self.url = answer.url.partition("?")[0]
        if not isinstance(answer.json, list):
            raise FeedGarbled(f"{self.url} sent JSON that is no list; is this the API's address?")
        self._turn(answer)
        return answer.json

    async def rest(self, most: int) -> list[Fields]:
        """The items of all pages, or of the first `most`."""
        items: list[Any] = []
        for _ in range(most):
            items += await self.read()
            if not self.more:
                break
        return [Fields(item) for item in items]

    def _turn(self, answer: Answer) -> None:
        number, link = answer.headers.get("x-next-page", ""), answer.link("next")
        if number.isdecimal():
            self._query = {**(self._query or {}), "page": number}
        elif link and "x-next-page" not in answer.headers:
            self._place, self._query = link, None
        else:
            self.more = False
