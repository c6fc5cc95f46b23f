"""Tiny formats for the tests: every kind of answer that a sanitizer can give."""
