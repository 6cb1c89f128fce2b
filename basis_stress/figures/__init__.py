"""Every picture: the one room that draws, each figure from a result's tables alone, with the sentence under it."""
