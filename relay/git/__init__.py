"""A git repository read from outside: its refs by `git ls-remote`, and a bare, shallow clone to look into."""
