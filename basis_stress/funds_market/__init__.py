"""The market of funds: run an episode, measure it, vary it, and compare it with what was observed."""
