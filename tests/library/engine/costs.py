"""What a subject, or the mutants of a function, cost of the CPU: as in tests/pace.py."""

import collections
import time

import pace
from library.engine import answers

# Of all that is derived from a subject: 0.7 s, where a call takes 0.2 ms.
BUDGET = 3500

SPENT = collections.Counter()  # seconds by the ids of tests


def seconds():
    """The seconds of this process, but for those in which Keras' answers were recorded:
    which test waits for them depends on the order."""
    return time.process_time() - answers.seconds_of(*answers.RECORDED)


def calls_for(name):
    """How many calls of the layer all that this process has done for a test's id took."""
    return (SPENT[name] + answers.seconds_of(name)) / pace.seconds_of_a_call()
