"""Pages without what is not text. steps.py is the way in; each other file finds or mends one thing.

Works on the lines and texts of pages alone: knows nothing of files, PDF or models.
"""
