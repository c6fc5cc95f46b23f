"""Tells how much of a document its cleaned file still says and shows.

`instrument` is the library call: both files are read by programs that no sanitizer uses
(Poppler, w3m, LibreOffice), and what these read is compared in a sandbox child
(`comparison`). `scorer` does it for the worker, after an item is finished and beside all
work. Nothing here decides whether anything crosses.
"""
