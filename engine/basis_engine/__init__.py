"""The event loop and everything it settles: rows in, rows out; bond arithmetic, ledger, margin, repo, unwinds."""
