"""How many cases Hypothesis draws: a fixed budget, the same cases each time, in "make
test", and more in "make test-deep".
"""

import hypothesis

SLOW = {"deadline": None, "suppress_health_check": list(hypothesis.HealthCheck)}
hypothesis.settings.register_profile(
    "default", max_examples=40, derandomize=True, database=None, **SLOW
)
hypothesis.settings.register_profile("deep", max_examples=3400, print_blob=True, **SLOW)
hypothesis.settings.load_profile("default")
