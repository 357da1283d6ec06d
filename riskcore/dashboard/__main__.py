"""Start the dashboard with its libraries imported, so that the first visitor does not wait for them.

`python -m riskcore.dashboard [streamlit options]`, from the folder that holds app.py.
"""

import sys

from streamlit.web import cli

import riskcore.dashboard.frame
import riskcore.dashboard.stress_words
import riskcore.tail_models
import riskcore.uncertainty  # noqa: F401 - imported for the sake of the first visit

if __name__ == "__main__":
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    cli.main()
