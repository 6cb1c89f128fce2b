"""Synthetic shocks: seeded paths of the par curve, with repo spreads and margins that move with it."""
