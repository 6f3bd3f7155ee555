"""What a page shows, as lines, and these lines in the order people read them."""
