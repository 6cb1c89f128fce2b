"""The event loop and everything that it settles: ledger, margin, repo, unwinds, defaults."""
