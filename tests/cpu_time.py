"""CPU time of this process, to be compared within one test: with a bound in seconds the machine would be tested too."""

import functools
import json
import sys
import time

UNIT_S = 0.006
"""What the unit takes where bounds in seconds were set: a core at 3 GHz or so, without coverage."""


def cpu_s(act, times=3):
    """The least CPU time in seconds that `act` takes of so many goes: others' garbage is collected in one of them."""
    took_s = []
    for _ in range(times):
        began = time.process_time()
        act()
        took_s.append(time.process_time() - began)
    return min(took_s)


def slowness(if_traced=1.0):
    """How many times as long this machine takes, at least 1; `if_traced` times that while coverage is measured."""
    return max(1.0, cpu_s(_unit, times=5) / UNIT_S) * (if_traced if sys.gettrace() else 1.0)


def _unit():
    """Work of a fixed size, half of it in compiled calls."""
    json.loads(json.dumps([str(number) for number in range(15_000)]))
    sum(number * number for number in range(60_000))


def in_some_go(test, goes=6):
    """Have an asynchronous test of what a sampler saw begin anew: a busy machine may let it see too little.

    What is broken fails in each of so many goes.
    """

    @functools.wraps(test)
    async def in_goes(*args, **named):
        for _ in range(goes - 1):
            try:
                return await test(*args, **named)
            except AssertionError:
                continue
        return await test(*args, **named)

    return in_goes
