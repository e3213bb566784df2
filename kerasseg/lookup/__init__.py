"""Find what a recipe names: the file is the name, the signature is the schema.

A name is looked up by reading source text, not by importing it: a recipe is checked
to the last option before Keras and its backend take their seconds to load.
"""

from kerasseg.lookup.annotations import words
from kerasseg.lookup.options import Fault, check
from kerasseg.lookup.shelf import KINDS, bind, find, names, signature
from kerasseg.lookup.signature import Parameter, Signature
from kerasseg.lookup.wording import nearest

__all__ = [
    "KINDS",
    "Fault",
    "Parameter",
    "Signature",
    "bind",
    "check",
    "find",
    "names",
    "nearest",
    "signature",
    "words",
]
