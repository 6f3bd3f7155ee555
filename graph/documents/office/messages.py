"""What people are told of a document that pandoc or a reader of our own refuses."""

from typing import assert_never

from graph.documents.config import LoadConfig
from graph.documents.errors import (
    DamagedFileError,
    DocumentError,
    NoTextError,
    PasswordNeededError,
    ReaderError,
    TimedOutError,
    TooLargeError,
    UnsupportedFormatError,
)
from graph.documents.office.protocol import Refused
from graph.documents.process.worker_process import Death

INSTALL = "pip install 'mlx-pdf-summarizer[office]'"
_TESSERACT = "install tesseract, with the language of the text (load.ocr_languages)"


def refusal(name: str, refused: Refused, config: LoadConfig) -> DocumentError:
    """The error for a file that is not read."""
    match refused.kind:
        case "not_installed":
            return UnsupportedFormatError(
                f"{name} is not read: documents of this kind need packages that are not installed",
                f"install them with {INSTALL}",
            )
        case "no_program":
            return _no_ocr(name, refused.name)
        case "archive":
            return UnsupportedFormatError(
                f"{name} is a packed file (ZIP), and no document of an office program or book",
                "unpack it, and give the folder",
            )
        case "open_document":
            what, _, hint = refused.name.partition("; ")
            return UnsupportedFormatError(f"{name} is {what}, which is not read", hint)
        case "password":
            return PasswordNeededError(
                f"{name} is protected by a password or a lock", "save a copy of it without protection"
            )
        case "damaged":
            return DamagedFileError(f"{name} is damaged, or not what it is named", "get a fresh copy")
        case "nested":
            return TooLargeError(f"{name} is nested too deeply to be read", "save it anew from another program")
        case "entities":
            return UnsupportedFormatError(
                f"{name} defines XML entities, which no office program writes", "save it anew from one"
            )
        case "packed":
            return TooLargeError(
                f"{name} unpacks into far more than documents have",
                "ask whoever made it",
            )
        case "too_large":
            return TooLargeError(
                f"{name} needs more than {config.memory_mb:,} MB of memory", "raise load.memory_mb"
            )
        case "timeout":
            return timed_out(name, config)
        case "no_text":
            return NoTextError(
                f"{name} shows no text that OCR can make out", "name its language in load.ocr_languages"
            )
    assert_never(refused.kind)


def timed_out(name: str, config: LoadConfig) -> DocumentError:
    return TimedOutError(
        f"Reading {name} took longer than {config.timeout_seconds:g} seconds", "raise load.timeout_seconds"
    )


def died(name: str, death: Death, config: LoadConfig, *, is_ready: bool) -> DocumentError:
    """The error for a worker that did not come to its end."""
    if not is_ready:
        return ReaderError(
            f"{name} was not read: the process that reads documents does not start",
            "free some memory and try again, or reinstall this program if that does not help",
        )
    if death.kind in ("out_of_memory", "aborted"):
        return refusal(name, Refused("too_large"), config)
    return refusal(name, Refused("damaged"), config)


def _no_ocr(name: str, why: str) -> DocumentError:
    if why == "off":
        return NoTextError(f"{name} is a picture, and load.ocr is off", "set load.ocr to auto")
    reason = {"not_installed": "tesseract is not installed", "does_not_start": "tesseract does not start"}
    said = reason.get(why, "tesseract lacks the language")
    return NoTextError(f"{name} is a picture, and {said}", _TESSERACT)
