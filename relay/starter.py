"""What `relay init` writes: a rules.yaml that works as it is, and a folder for templates."""

from pathlib import Path

from relay.errors import UsageError

_RULES = """\
# What relay watches, and whom it tells. `relay check` reads this file, `relay run` runs it.
# ${NAME} is taken from the environment, ${file:PATH} from a file, so that no secret stands here.

sources:
  here:
    kind: git
    url: .                      # any git address or path; forges:
  # acme:
  #   kind: github              # or gitlab, gitea
  #   token: "${GITHUB_TOKEN}"
  #   repositories: [acme/site, "acme/web-*"]
  # team:
  #   kind: bitbucket
  #   email: relay@example.com  # with an API token; none with an access token
  #   token: "${BITBUCKET_TOKEN}"
  #   repositories: ["acme/*"]

destinations:
  console: {}                   # prints to the terminal; others:
  # dev: {kind: slack, token: "${SLACK_TOKEN}", channel: C0DEV}
  # lake: {kind: webhook, url: "https://example.com/hooks/relay", secret: "${WEBHOOK_SECRET}"}
  # leads:
  #   kind: email
  #   smtp: "smtp+starttls://user:${SMTP_PASSWORD}@mail.example.com:587"
  #   from: relay <relay@example.com>
  #   to: [leads@example.com]
  #   digest: {at: "08:30", on: mon-fri}

rules:                          # `relay types` lists the event types
  pushed: console
  # pullrequest_created: dev
  # "pullrequest_*, issue_comment": {to: leads, when: {repository: "acme/*", actor: "!*-bot"}}

# on_gap: dev                   # who hears that events may be missing
# on_failure: [dev, leads]      # and that a feed or a destination needs a human
"""
_TEMPLATES = """\
The words of a message, where yours shall differ from relay's own: a file here replaces the shipped file of that name.
`relay types TYPE` names the file of an event type; copy it to this folder and change it. `relay check` tries it on
samples, `relay render TYPE --to NAME` shows what comes of it.
"""


def write(folder: Path) -> tuple[Path, ...]:
    """The files written, of those that were not there yet. Raises UsageError where nothing can be written."""
    files = {folder / "rules.yaml": _RULES, folder / "templates" / "README": _TEMPLATES}
    try:
        return tuple(path for path, text in files.items() if _written(path, text))
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}") from None


def _written(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True
