"""What every page shares: figure style, number formats, outcome words, inputs and files."""
