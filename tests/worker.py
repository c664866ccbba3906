"""`relay run` with leases of so many seconds, which no option asks for: `python -m tests.worker SECONDS DATABASE`."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from relay import operate
from relay.shipped import templates


def main() -> None:
    """Run in this folder until stopped."""
    lease_for, database = float(sys.argv[1]), sys.argv[2]
    operate.log_to_stderr()
    setup = operate.setup(Path("rules.yaml"), database, (templates(),), os.environ)
    operate.run(replace(setup, lease_for=lease_for))


if __name__ == "__main__":
    main()
