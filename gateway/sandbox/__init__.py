"""The only place where untrusted bytes are parsed.

`pool` is the worker's side, `parent` the warm process that forks, `child` what runs in
the fork, `confine` the lock, `protocol` the frames between them. Nothing outside this
room may call a sanitizer on untrusted bytes.
"""
