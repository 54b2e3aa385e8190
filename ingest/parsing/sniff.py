"""What a file is by its first bytes, whatever its name says."""

import io
import re
import zipfile

from ingest.model import ParseError

_READABLE = frozenset({".pdf", ".docx", ".pptx", ".xlsx"})  # told for sure by their bytes, so read under any name
_BINARY = frozenset({*_READABLE, ".xlsm", ".zip"})  # never text
_UNREADABLE = (
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\0", "xz archive"),
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
    (b"{\\rtf", "RTF text, which is not read: save it as .docx"),
    (b"\x7fELF", "program"),
    (b"SQLite format 3\0", "SQLite database"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", "It is protected by a password; save it without one."),
    ("WordDocument", "It is a Word document of before 2007 (.doc); save it as .docx."),
    ("PowerPoint Document", "It is a presentation of before 2007 (.ppt); save it as .pptx."),
    ("Workbook", "It is a workbook of before 2007 (.xls); save it as .xlsx."),
    ("__properties_version1.0", "It is an Outlook message (.msg); save it as .eml."),
)
_PACKAGES = (("word/", ".docx"), ("ppt/", ".pptx"), ("xl/", ".xlsx"))
_PAGE = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head)\b")


def real_suffix(named: str, content: bytes) -> str:
    """The suffix by which to read content that is named with `named`. Raises ParseError when it holds what cannot be
    read, or what its name gives no reason to expect."""
    for magic, what in _UNREADABLE:
        if content.startswith(magic):
            raise ParseError(_misnamed(named, what))
    if content.startswith(_OLE):
        raise ParseError(_ole_reason(content))
    if content.startswith(b"%PDF-") or (
        named in _BINARY and b"%PDF-" in content[:1024]
    ):  # mail servers put lines before
        return ".pdf"
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        return _packaged(named, content)
    if named in _BINARY and _PAGE.match(content[:1024]):
        raise ParseError(_misnamed(named, "web page, perhaps one that asks to sign in: save the file itself"))
    if named in _BINARY - {".pdf"}:
        raise ParseError(f"It is named {named} but holds no such file, or a damaged one.")
    return ".html" if named in (".txt", ".text") and _PAGE.match(content[:1024]) else named


def _packaged(named: str, content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ParseError("It is damaged: only the beginning of its ZIP package can be read.") from error
    if "[Content_Types].xml" in names:
        for folder, suffix in _PACKAGES:
            if any(name.startswith(folder) for name in names):
                return suffix
    if "mimetype" in names:
        raise ParseError(_misnamed(named, "OpenDocument file or an e-book, which is not read: save it as PDF"))
    if named == ".zip":
        return named
    raise ParseError(_misnamed(named, "ZIP archive"))


def _ole_reason(content: bytes) -> str:
    for stream, reason in _OLE_STREAMS:
        if stream.encode("utf-16-le") in content:
            return reason
    return "It is an old Office file that is not read; save it in a format of today."


def _misnamed(named: str, what: str) -> str:
    article = "an" if what[0] in "AEIOU7" or what.startswith(("xz", "RTF", "RAR")) else "a"
    return f"It is named {named} but holds {article} {what}." if named else f"It holds {article} {what}."
