"""The demo fleet: real processes on a real broker, and a way to break each of them.

Nothing here is part of the integration. The members behave as the services and devices that the
integration watches: they have Last Wills, retained states, births and pings, and they can be
killed, frozen, cut off from the network or told to ignore their commands.
"""

from pathlib import Path
import sys

# The members run on the node client of the same checkout, whatever is installed, and however a
# member, a test or a benchmark was started.
sys.path.insert(1, str(Path(__file__).parents[1] / "node" / "src"))
