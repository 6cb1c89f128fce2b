"""Markets: contracts, baskets, repo, margins, positions, calendars and scenarios, all checked."""
