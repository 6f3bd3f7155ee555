"""What a page shows, as lines (page_print.py), and these in reading order (columns.py, tables.py, page_text.py).

Works on characters and boxes: is handed the PDF library, and imports none.
"""
