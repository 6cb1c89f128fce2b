"""The market of funds: an episode played, measured, varied, and held against what is known."""
