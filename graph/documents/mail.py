"""A mail -> its subject and its text. Attachments are named, never opened."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from graph.documents.markdown import Written, read_markdown

_SEPARATOR = re.compile(rb"(?:\A|\n\r?\n)(?=From \S[^\n]*\d\r?\n[A-Za-z-]+:)")


class NoPlainTextError(Exception):
    """The mail has no part in plain text, but perhaps a web page."""

    def __init__(self, html: str, subject: str, attached: list[str]) -> None:
        super().__init__(subject)
        self.html, self.subject, self.attached = html, subject, attached


def read_mail(content: bytes) -> tuple[Written, list[str]]:
    """The text of a mail and the names of its attachments. Raises NoPlainTextError."""
    mail = message_from_bytes(content.lstrip(b"\r\n"), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    subject = " ".join(str(mail.get("subject") or "").split())
    attached = [" ".join((part.get_filename() or "without a name").split()) for part in mail.iter_attachments()]
    text = _part(mail, "plain")
    if not text.strip():
        raise NoPlainTextError(_part(mail, "html"), subject, attached)
    done = read_markdown(text.replace("\r\n", "\n"), is_markdown=False)
    done.titles = [subject] if subject else []
    return done, attached


def messages_of(content: bytes) -> list[bytes]:
    """The mails of a mailbox (mbox), without the lines that part them; a mail alone is one."""
    starts = [match.end() for match in _SEPARATOR.finditer(content)] or [0]
    parts = [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]
    return [part.split(b"\n", 1)[-1] if part.startswith(b"From ") else part for part in parts]


def head_of(content: bytes) -> str:
    """Subject, sender and date of a mail in a mailbox, as Markdown."""
    mail = message_from_bytes(content, policy=policy.default)
    said = {name: " ".join(str(mail.get(name) or "").split()) for name in ("subject", "from", "date")}
    rows = [f"{name.capitalize()}: {said[name]}" for name in ("from", "date") if said[name]]
    return "\n".join([f"# {said['subject'] or 'Without a subject'}", "", *rows])


def _part(mail: EmailMessage, kind: Literal["plain", "html"]) -> str:
    """The text of the mail in that form; "" if it has none."""
    try:
        body = mail.get_body(preferencelist=(kind,))
        return str(body.get_content()) if isinstance(body, EmailMessage) else ""
    except (LookupError, ValueError, AttributeError):  # a damaged part, or a character set nobody knows
        return ""
