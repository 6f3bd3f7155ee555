"""Refusals of a document, each one plain sentence."""

from graph.documents.characters import printable


class DocumentError(Exception):
    """A document that cannot be used. `str(error)` says what is wrong, where, and what to do.

    `hint` is the "what to do" part alone, for programs that print it apart.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem = printable(problem)
        self.hint = hint
        super().__init__(f"{self.problem}; {hint}." if hint else f"{self.problem}.")

    def __reduce__(self) -> tuple[type["DocumentError"], tuple[str, str]]:
        """Pickle from the two parts, not from the joined sentence (errors cross process pools)."""
        return type(self), (self.problem, self.hint)


class NotFoundError(DocumentError):
    """No file at the path, or it is not a regular file, or may not be read."""


class NotAPDFError(DocumentError):
    """The content is neither PDF nor text."""


class EmptyFileError(DocumentError):
    """The file has no bytes, or a text file holds only white space."""


class DamagedPDFError(DocumentError):
    """It starts like a PDF, and no backend can open it or read any page of it."""


class DamagedFileError(DocumentError):
    """It starts like a document of some program, and nothing in it can be read."""


class ReaderError(DocumentError):
    """The process that reads PDFs does not start. It says nothing about the file."""


class PasswordNeededError(DocumentError):
    """Encrypted, and no password was given."""


class WrongPasswordError(DocumentError):
    """Encrypted, and the given password does not open it."""


class ProtectedError(DocumentError):
    """Encrypted in a way that no backend knows: with a certificate, or by a vendor's own scheme."""


class NoPagesError(DocumentError):
    """A PDF without pages."""


class NotADocumentError(DocumentError):
    """Something was given as a document that is neither one of LangChain's nor the JSON of one, nor text."""


class NoTextError(DocumentError):
    """No text: a scan that OCR could not read, blank pages, or nothing but digits."""


class NothingSelectedError(DocumentError):
    """`load.pages` selects no page of the file, or no text."""


class TooLargeError(DocumentError):
    """More bytes, pages or memory than the limits of the configuration allow."""


class TimedOutError(DocumentError):
    """The clock ran out before the first page was read."""


class UnsupportedFormatError(DocumentError):
    """Markup that is not read as what it is, and must not be read as prose."""
