"""PDF to pages, and to pictures of them.

reader.py is the way in. It has supervisor.py run a worker, in a process of its own that may crash, hang or be
cancelled without harm (../process/); both speak protocol.py, and content.py keeps what was said. worker.py
touches the file: open_pdf.py finds a backend that opens it, pdfium or pypdf (backends.py), if need be on a file
mended by recover.py; layout/ puts a page's print in the order of reading; ocr.py reads scans. messages.py makes
the sentences that people get to see.

page_image.py is the way to pictures, through the same supervisor and worker: picture.py draws, and marks on a page
the passages that passages.py finds there.
"""
