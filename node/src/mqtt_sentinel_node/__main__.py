"""``python -m mqtt_sentinel_node`` is ``sentinel-node``."""

import sys

from .cli import main

sys.exit(main())
