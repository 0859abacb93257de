"""Prints as JSON which symbols a Mach-O library imports from each other library, and which symbols it exports.

    PYTHONPATH=.build/vendor/symbol-readers python3 macho_symbols.py LIBRARY
"""

import json
import sys

from macholib.MachO import MachO
from macholib.SymbolTable import SymbolTable

library = MachO(sys.argv[1])
needed = [path for _, _, path in library.headers[0].walkRelocatables()]
table = SymbolTable(library)
imports = {path: [] for path in needed}
for symbol, name in table.undefsyms:
    # The upper byte of n_desc is the number of the library, from 1.
    imports[needed[(symbol.n_desc >> 8) - 1]].append(name.decode())
print(json.dumps({"imports": imports, "exports": [name.decode() for _, name in table.extdefsyms]}))
