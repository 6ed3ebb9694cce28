#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes mingw-w64.tsv and samba.tsv from Debian's packages; nobody needs it to build.

    src/logs/codes/update.py [FOLDER]

Without FOLDER it fetches mingw-w64-common, samba-libs and samba-dev with apt-get (no root) and unpacks them;
FOLDER is where they are unpacked already (dpkg -x).  Names come from the headers of both, texts from Samba's library, which
is asked for each value that its headers name.  The same packages give the same files.
"""

import ctypes
import os
import re
import subprocess
import sys
import tempfile

PACKAGES = ["mingw-w64-common", "samba-libs", "samba-dev"]
HERE = os.path.dirname(os.path.abspath(__file__))

# header: its family; of winerror.h the form of the definition decides
HEADERS = {
    "winerror.h": None,
    "ntstatus.h": "ntstatus",
    "wuerror.h": "hresult",
    "lmerr.h": "win32",
    "setupapi.h": "win32",
    "wbemcli.h": "hresult",
    "slerror.h": "hresult",
    "corerror.h": "hresult",
    "bitsmsg.h": "hresult",
    "vsserror.h": "hresult",
    "raserror.h": "win32",
    "wininet.h": "win32",
    "bugcodes.h": "stop",
}

# names that are codes, where a header has others as well
WANTED = {
    "setupapi.h": r"ERROR_",
    "wbemcli.h": r"WBEM_[ES]_",
    "wininet.h": r"ERROR_",
    "lmerr.h": r"NERR_",
    "raserror.h": r"ERROR_|PENDING",
    "slerror.h": r"SL_",
}
NO_CODES = re.compile(
    r"FACILITY_|APPLICATION_ERROR_MASK|ERROR_SEVERITY|SEVERITY_|STATUS_SEVERITY|NO_ERROR$|NOERROR$|MAX_NERR|"
    r".*_(BASE|MASK|FIRST|LAST|END)$|.*(BASE|BASEERR|BASEEND)$|WINDOWS_NT_|BUGCHECK_|_"
)

NOTICE_MINGW = """\
# Names of Windows' error codes, made by update.py; do not edit.
#
# From the headers of mingw-w64 (Debian: mingw-w64-common {mingw-w64-common}), which are in the public domain
# ("This file has no copyright assigned and is placed in the Public Domain"); corerror.h among them comes from Wine
# (LGPL-2.1-or-later) and bugcodes.h from ReactOS (public domain).
#
# family, value, name, source; tabs between
"""
NOTICE_SAMBA = """\
# Names and texts of Windows' error codes, made by update.py; do not edit.
#
# SPDX-License-Identifier: GPL-3.0-or-later
# From Samba (Debian: samba-libs and samba-dev {samba-libs}), copyright its authors, HRESULT: Noel Power 2014.  Samba
# made them from Microsoft's Open Specification [MS-ERREF], whose notice says: "Regardless of any other terms that are
# contained in the terms of use for the Microsoft website that hosts this documentation, you can make copies of it in order to
# develop implementations of the technologies that are described in this documentation and can distribute portions of it
# in your implementations that use these technologies or in your documentation as necessary to properly document the
# implementation."
#
# family, value, name, source, text; tabs between
"""


def unpack(folder):
    """Fetches and unpacks PACKAGES below `folder`."""
    subprocess.run(["apt-get", "-q", "download"] + PACKAGES, cwd=folder, check=True, stdout=sys.stderr)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".deb"):
            subprocess.run(["dpkg", "-x", os.path.join(folder, name), folder], check=True)


def version(package):
    out = subprocess.run(["apt-cache", "policy", package], check=True, capture_output=True, text=True).stdout
    return re.search(r"Candidate: (\S+)", out).group(1)


class Header:
    """The constants of a C header, as far as they are integers."""

    MACROS = {
        "MAKE_HRESULT": lambda s, f, c: s << 31 | f << 16 | c,
        "EMAKEHR": lambda c: 1 << 31 | 0x13 << 16 | c,
        "SMAKEHR": lambda c: 0x13 << 16 | c,
        "HRESULT_FROM_WIN32": lambda c: c if c & 0x80000000 else 0x80070000 | c & 0xFFFF if c else 0,
        "_HRESULT_TYPEDEF_": lambda c: c,
        "_NDIS_ERROR_TYPEDEF_": lambda c: c,
        "__MSABI_LONG": lambda c: c,
    }

    def __init__(self, path, outer=None):
        self.known = dict(outer.known) if outer else {"APPLICATION_ERROR_MASK": 1 << 29, "ERROR_SEVERITY_ERROR": 3 << 30}
        self.own = []  # (name, value, form)
        with open(path, encoding="latin-1") as f:
            text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S).replace("\\\n", " ")
        for line in text.splitlines():
            m = re.match(r"\s*#\s*define\s+(\w+)\s+(\S.*)$", line)
            if not m:
                m = re.match(r"\s*(\w+)\s*=\s*(0[xX]\w+|\w+),?\s*$", line)  # of an enum
            if m:
                self.add(m.group(1), m.group(2).split("//")[0].strip())

    def add(self, name, form):
        e = re.sub(r"\(\s*(NTSTATUS|HRESULT|ULONG|DWORD|LONG|int|unsigned|__LONG32|UINT)\s*\)", "", form)
        e = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", e)
        words = set(re.findall(r"\b[A-Za-z_]\w*", re.sub(r"0[xX][0-9a-fA-F]+", "0", e)))
        if not words <= set(self.known) | set(self.MACROS) or not re.fullmatch(r"[\w\s()|+,&<-]+", e):
            return
        e = re.sub(r"\b0+(\d)", r"\1", e)
        try:
            value = eval(e, {"__builtins__": {}}, {**self.MACROS, **self.known})  # digits, operators, known names
        except (SyntaxError, TypeError, NameError):
            return
        if isinstance(value, int) and 0 <= value & 0xFFFFFFFF == value:
            self.known[name] = value
            self.own.append((name, value, form))


def winerror_family(value, form):
    if "HRESULT" in form or value >= 0x10000:
        return "hresult"
    return "win32"


def mingw_codes(root):
    include = os.path.join(root, "usr/share/mingw-w64/include")
    outer = Header(os.path.join(include, "winerror.h"))
    for name, family in HEADERS.items():
        header = outer if name == "winerror.h" else Header(os.path.join(include, name), outer)
        for symbol, value, form in header.own:
            if NO_CODES.match(symbol) or not re.match(WANTED.get(name, "[A-Z]"), symbol):
                continue
            if name == "bugcodes.h" and not (0 < value < 0x1000 or value >> 16 == 0xC000):
                continue
            if re.fullmatch(r"[A-Z]\w*", form) and family != "stop":
                continue  # another name for one that is listed
            yield family or winerror_family(value, form), value, symbol, name


class Value(ctypes.Structure):
    """NTSTATUS, WERROR, HRESULT: Samba passes them as structs of one number."""

    _fields_ = [("v", ctypes.c_uint32)]


def load_samba(root):
    lib = os.path.join(root, "usr/lib", os.uname().machine + "-linux-gnu")
    path = lib + ":" + os.path.join(lib, "samba")
    if path not in os.environ.get("LD_LIBRARY_PATH", ""):
        os.environ["LD_LIBRARY_PATH"] = path
        os.execv(sys.executable, [sys.executable, os.path.abspath(__file__), root])
    samba = ctypes.CDLL("libsamba-errors.so.1")
    for f in ("get_friendly_nt_error_msg", "get_friendly_werror_msg", "hresult_errstr_const"):
        getattr(samba, f).restype = ctypes.c_char_p
    return samba


def real_name(family, symbol, known):
    """Windows' name of Samba's: WERR_X is ERROR_X, or X where that is a name of its own."""
    if family == "hresult":
        return symbol[len("HRES_"):]
    tail = re.sub(r"^(WERR_|NT_STATUS_)", "", symbol)
    prefix = "ERROR_" if family == "win32" else "STATUS_"
    for name in (prefix + tail, tail, re.sub("^(RPC|EPT)_", r"\1_NT_", tail)):
        if name.upper() in known:
            return known[name.upper()]
    if re.match(r"(NERR|DNS|RPC|FRS|WSA|EPT|OR|RPC_NT|DBG|ERROR)_", tail):
        return tail
    return prefix + tail


def plain(text):
    """One line of ASCII."""
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0xA0: " "})
    text = re.sub(r"\s+", " ", text).strip()
    assert text.isascii(), text
    return text


def samba_codes(root, mingw):
    samba = load_samba(root)
    core = os.path.join(root, "usr/include/samba-4.0/core")
    sources = [
        ("win32", "werror_gen.h", r"#define (WERR_\w+)\s+W_ERROR\((0x\w+)\)", samba.get_friendly_werror_msg),
        ("ntstatus", "ntstatus_gen.h", r"#define (NT_STATUS_\w+)\s+NT_STATUS\((0x\w+)\)", samba.get_friendly_nt_error_msg),
        ("hresult", "hresult.h", r"#define (HRES_\w+)\s+HRES_ERROR\((0x\w+)\)", samba.hresult_errstr_const),
    ]
    for family, header, pattern, ask in sources:
        known = {n.upper(): n for f, v, n, s in mingw if f == family}
        with open(os.path.join(core, header), encoding="utf-8") as f:
            for symbol, value in re.findall(pattern, f.read()):
                value = int(value, 16)
                text = plain(ask(Value(value)).decode("utf-8"))
                if re.match(r"(DOS|NT|HRES) code 0x", text):
                    text = ""
                yield family, value, real_name(family, symbol, known), "MS-ERREF", text


def write(name, notice, lines):
    out = "".join("\t".join(line) + "\n" for line in sorted(set(lines)))
    with open(os.path.join(HERE, name), "w", encoding="ascii") as f:
        f.write(notice.format(**{p: version(p) for p in PACKAGES}) + out)


def main():
    if len(sys.argv) < 2:
        with tempfile.TemporaryDirectory() as folder:
            unpack(folder)
            subprocess.run([sys.executable, os.path.abspath(__file__), folder], check=True)
        return
    root = os.path.abspath(sys.argv[1])
    mingw = list(mingw_codes(root))
    samba = list(samba_codes(root, mingw))
    write("mingw-w64.tsv", NOTICE_MINGW, [(f, "%08x" % v, n, s) for f, v, n, s in mingw])
    write("samba.tsv", NOTICE_SAMBA, [(f, "%08x" % v, n, s, t) for f, v, n, s, t in samba])


main()
