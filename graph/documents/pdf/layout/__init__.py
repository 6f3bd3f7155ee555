"""What a page shows, as lines (text_lines.py), and these in reading order (columns.py, page_text.py).

Works on characters and boxes: is handed the PDF library, and imports none.
"""
