"""The explorer: a page on this machine that runs a book while its settings are dragged."""
