"""TextRank, the embedded model: picks the most telling sentences of a text."""
