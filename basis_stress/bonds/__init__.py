"""Treasury bond and futures delivery arithmetic over scalars or columns."""
