"""Start the dashboard with everything imported, so that the first visitor of a page does not wait for it.

`python -m riskcore.dashboard [streamlit options]`, from the folder that holds app.py.
"""

import pkgutil
import sys
from importlib import import_module

from streamlit.web import cli

import riskcore.dashboard

if __name__ == "__main__":
    for module in pkgutil.walk_packages(riskcore.dashboard.__path__, "riskcore.dashboard."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    cli.main()
