"""Breaking points: levers, the smallest shock that breaks a book, the frontier, the largest leverage that survives."""
