"""What JAX's working memory costs is paid once."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

FILL_THREE_TIMES = """
import resource
import numpy as np
from kerasseg import backend

backend.choose("jax")
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(2**27, np.uint8).fill(1)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_kept_for_the_next_step():
    answer = subprocess.run(
        [sys.executable, "-c", FILL_THREE_TIMES],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(answer.stdout) < 10
