"""PDF to pages: a supervisor here, and a worker in a process of its own that may fail without harm."""
