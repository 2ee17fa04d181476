"""Where a process spends its time: a sampler of its own, what it found by stage, the bottleneck, flame graphs."""
