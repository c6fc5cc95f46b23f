"""Programs that convert what no sanitizer can read, each run locked in its own box.

`programs` is the table of what may be run and how, `box` the worker's side, `launcher` the
process that locks itself in and becomes the program, `filter` its system calls. What a
program wrote is untrusted: it is identified and cleaned like any other part.
"""
