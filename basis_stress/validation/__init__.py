"""How the market of funds is fitted, and how history judges it."""
