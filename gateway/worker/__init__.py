"""What happens to an item between `received` and `ready`.

`pipeline` drives the sandbox part by part, `check` is the total check of text and
framing, `compose` writes the cleaned mail, `notice` the Japanese words in it, `role`
is the process that claims items from the store.
"""
