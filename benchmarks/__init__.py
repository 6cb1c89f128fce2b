"""How fast: what a user waits for, timed in fresh processes, cold start included."""
