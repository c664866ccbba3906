"""Accounts: what their sources have asked, shared as rows by every worker; the sums are `relay.budget`'s."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from relay.budget import Account, Budget
from relay.store.many import Many, insert_missing
from relay.store.schema import account


@dataclass(frozen=True)
class Spent:
    """What a poll asked of its account, where it was let in as one of `admitted` requests.

    `not_before` is when the forge wants to hear from the account again, in seconds since the epoch.
    """

    account: str
    requests: int
    admitted: int
    not_before: float = 0.0


def name_accounts(connection: Connection, budgets: Iterable[Budget]) -> None:
    """Give accounts that are new a row, and all of them the limit that their forge has now."""
    allowed = {budget.account: budget.requests for budget in budgets}
    insert_missing(connection, account, [{"name": name, "requests": most} for name, most in sorted(allowed.items())])
    _allow.execute(connection, [{"of": name, "most": most} for name, most in sorted(allowed.items())])


_allow = Many(update(account).where(account.c.name == bindparam("of")).values(requests=bindparam("most")))


def held(connection: Connection, names: Iterable[str]) -> dict[str, Account]:
    """How these accounts fare, locked in the order of their names until the transaction ends."""
    wanted = sorted(set(names))
    rows = connection.execute(_rows, {"of": wanted}) if wanted else ()
    return {row.name: state_of(row) for row in rows}


def state_of(row: Any) -> Account:
    """How the account of a row fares."""
    return Account(**{name: getattr(row, name) for name in _STATE})


_STATE = tuple(item.name for item in fields(Account))
_rows = (
    select(account)
    .where(account.c.name.in_(bindparam("of", expanding=True)))
    .order_by(account.c.name)
    .with_for_update()
)


def keep(connection: Connection, accounts: Mapping[str, Account]) -> None:
    """Write how they fare now."""
    _keep.execute(connection, [{"of": name} | asdict(state) for name, state in accounts.items()])


_keep = Many(
    update(account).where(account.c.name == bindparam("of")).values({name: bindparam(name) for name in _STATE}),
    ("of", *_STATE),
)


def charge(connection: Connection, polls: Iterable[tuple[Spent | None, float]]) -> None:
    """Charge accounts with what polls asked of them, each at a moment; polls that asked nothing touch no row."""
    costly = [(spent, now) for spent, now in polls if spent and (spent.requests or spent.admitted or spent.not_before)]
    accounts = held(connection, (spent.account for spent, _ in costly))
    for spent, now in costly:
        if spent.account in accounts:
            charged = accounts[spent.account].charge(spent.requests, spent.admitted, now)
            later = max(charged.not_before, spent.not_before)
            accounts[spent.account] = replace(charged, not_before=later)
    keep(connection, accounts)
