"""Start the command as `python -m riskcore.check portfolio.toml`."""

import sys

from riskcore.check.command import main

if __name__ == "__main__":
    sys.exit(main())
