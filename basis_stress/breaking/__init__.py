"""What it takes to break a book: levers, breaking points, the frontier, the largest leverage that survives."""
