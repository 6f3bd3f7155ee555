"""A mail -> its subject and its text. Attachments are named, never opened."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from graph.documents.markdown import Written, read_markdown


class NoPlainTextError(Exception):
    """The mail has no part in plain text."""


def read_mail(content: bytes) -> tuple[Written, list[str]]:
    """The text of a mail and the names of its attachments. Raises NoPlainTextError."""
    mail = message_from_bytes(content.lstrip(b"\r\n"), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    try:
        body = mail.get_body(preferencelist=("plain",))
        text = body.get_content() if isinstance(body, EmailMessage) else ""
    except (LookupError, ValueError, AttributeError):  # a damaged part, or a character set nobody knows
        text = ""
    if not str(text).strip():
        raise NoPlainTextError
    done = read_markdown(str(text).replace("\r\n", "\n"), is_markdown=False)
    subject = " ".join(str(mail.get("subject") or "").split())
    done.titles = [subject] if subject else []
    return done, [" ".join((part.get_filename() or "without a name").split()) for part in mail.iter_attachments()]
