"""Every reply of the receiver, in one place (RFC 5321; enhanced codes RFC 3463, RFC 2034).

Never a path, a version or the text of an exception: the Internet reads these.
"""

from __future__ import annotations

from typing import Final

OK: Final = "250 2.0.0 Ok"
SENDER_OK: Final = "250 2.1.0 Ok"
RECIPIENT_OK: Final = "250 2.1.5 Ok"
BYE: Final = "221 2.0.0 Bye"
CANNOT_VERIFY: Final = "252 2.0.0 Cannot verify, but will take the message and try to deliver"
GO_AHEAD: Final = "354 End data with <CR><LF>.<CR><LF>"
START_TLS: Final = "220 2.0.0 Ready to start TLS"

SYNTAX: Final = "500 5.5.2 Syntax error"
UNKNOWN_COMMAND: Final = "500 5.5.2 Command not recognized"
LINE_TOO_LONG: Final = "500 5.5.2 Line too long"
LINE_END: Final = "500 5.5.2 A command ends with <CR><LF>"
BAD_ARGUMENT: Final = "501 5.5.4 Syntax error in the argument"
BAD_SENDER: Final = "501 5.1.7 Bad sender address syntax"
BAD_RECIPIENT: Final = "501 5.1.3 Bad recipient address syntax"
NOT_IMPLEMENTED: Final = "502 5.5.1 Command not implemented"
HELO_FIRST: Final = "503 5.5.1 Send EHLO first"
NESTED_MAIL: Final = "503 5.5.1 Nested MAIL command"
MAIL_FIRST: Final = "503 5.5.1 Need MAIL command"
TLS_ACTIVE: Final = "503 5.5.1 TLS is already active"
TLS_FIRST: Final = "530 5.7.0 Must issue a STARTTLS command first"
NO_RECIPIENTS: Final = "554 5.5.1 No valid recipients"
BAD_PARAMETER: Final = "555 5.5.4 Unsupported parameter"

NO_RELAY: Final = "550 5.7.1 Relaying denied"
NO_SUCH_USER: Final = "550 5.1.1 Recipient unknown"
NEEDS_SMTPUTF8: Final = "553 5.6.7 Address needs SMTPUTF8"
TOO_BIG: Final = "552 5.3.4 Message too big"
BARE_NEWLINE: Final = "550 5.6.0 Bare <CR> or <LF> in the message"
CONTENT_LINE_TOO_LONG: Final = "554 5.6.0 Line too long in the message"

TOO_MANY_RECIPIENTS: Final = "452 4.5.3 Too many recipients"
NO_ROOM: Final = "452 4.3.1 Insufficient system storage, try again later"
OWN_FAULT: Final = "451 4.3.0 Temporary internal error, try again later"
NO_ANSWER: Final = "451 4.4.1 Recipient cannot be checked now, try again later"
TLS_UNAVAILABLE: Final = "454 4.7.0 TLS not available now"

TOO_MANY_SESSIONS: Final = "421 4.7.0 Too many connections, try again later"
TOO_MANY_COMMANDS: Final = "421 4.7.0 Too many commands, closing"
TOO_MANY_BAD: Final = "421 4.7.0 Too many errors, closing"
TOO_MUCH_DATA: Final = "421 4.7.0 Too much data, closing"
TIMED_OUT: Final = "421 4.4.2 Timeout, closing"
LINE_TOO_LONG_CLOSING: Final = "421 4.7.0 Line too long, closing"
OWN_FAULT_CLOSING: Final = "421 4.3.0 Temporary internal error, closing"
STOPPING: Final = "421 4.3.2 Service is stopping, try again later"


def queued(item_id: str) -> str:
    """The promise: bytes and row are durable."""
    return f"250 2.0.0 Ok: queued as {item_id}"
