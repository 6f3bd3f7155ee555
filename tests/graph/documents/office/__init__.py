"""Documents of office programs, web pages, books, and pictures."""
