"""The text: Jane Austen's novels, in the public domain, from Debian's package r-cran-janeaustenr.

Five novels are for training, Persuasion is held out. Lines are joined to paragraphs, each ending with one newline;
marks of italics (_) go, characters beyond ASCII become their nearest. A byte is a token; 79 of the 256 occur.
"""
import re
import subprocess
import unicodedata

import numpy as np

from training.errors import UsageError

TRAINING = ("sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey")
HELD_OUT = ("persuasion",)
# The electronic editor's note at the end of Northanger Abbey is not Austen's.
NOTE = re.compile(r"\n[^\n]*NOTE ON THE TEXT.*", re.DOTALL)


def lines_of(novel):
    command = ["Rscript", "--vanilla", "-e", f"writeLines(enc2utf8(janeaustenr::{novel}), useBytes = TRUE)"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError:
        raise UsageError("no Rscript here: scripts/setup training installs it") from None
    except subprocess.CalledProcessError:
        raise UsageError("R has no package janeaustenr: scripts/setup training installs it") from None
    return done.stdout.decode("utf-8").splitlines()


def paragraphs(lines):
    text = "\n".join(line.strip() for line in lines)
    text = NOTE.sub("", text).replace("_", "")
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    parts = [" ".join(part.split()) for part in re.split(r"\n{2,}", ascii_text)]
    return "".join(part + "\n" for part in parts if part)


def load(novels):
    """The novels one after the other, as bytes: uint8 [bytes]."""
    text = "".join(paragraphs(lines_of(novel)) for novel in novels)
    return np.frombuffer(text.encode("ascii"), np.uint8)
