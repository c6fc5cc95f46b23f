"""Content disarm and reconstruction: bytes and a policy in, an outcome out.

Pure library: no network, no files, no database, no clock, and no import from
`gateway`. One sub-package per *family* (text, image, pdf, …): a family is what one
warm sandbox parent loads. `verify` holds the independent output grammars and
`identify` the identification by content.
"""
