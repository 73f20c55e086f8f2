"""How long Hypothesis looks for counter-examples: ``HYPOTHESIS_PROFILE=thorough`` for longer, by luck.

Else it looks for the same each time: that every branch is tested must not be luck.
"""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    max_examples=100,
    stateful_step_count=60,
    phases=[phase for phase in Phase if phase is not Phase.explain],  # minutes, to say little
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    settings.get_profile("quick"),
    derandomize=False,
    max_examples=500,
    stateful_step_count=100,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
