"""TextRank, the built-in model: picks the most telling sentences of a text."""
