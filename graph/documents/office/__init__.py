"""Office documents, web pages, books and pictures -> pages of labelled lines.

reader.py is the way in, and kinds.py tells by the first bytes what comes here. A worker reads, in a process of its
own (../process/); both speak protocol.py, and messages.py makes the sentences that people get to see. worker.py
looks into the file: archive.py bounds what is packed, hidden.py and web.py mark what is not shown (unseen.py).
Texts go to pandoc.py, whose tree is read by tree.py and cut into chapters by chapters.py; slides.py and sheets.py
read presentations and workbooks, images.py pictures.
"""
