"""The market of a window of years: every quarterly contract, its pairs and each day's signals."""
