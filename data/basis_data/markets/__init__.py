"""The market of a run: curves, baskets, margins, repo, positions and prices as arrays, one mark per business day."""
