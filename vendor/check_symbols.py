"""Compares what a shim built for this Linux machine needs of a library with what the library exports on every platform.

    PYTHONPATH=.build/vendor/symbol-readers python3 check_symbols.py NAMESPACE SHIM LIBRARY...

Linux libraries share one way of spelling C++ names: theirs must be the very same. macOS and Windows spell types in ways of their
own: there every function must be found under its qualified name. Windows makes vtables and typeinfo in the shim itself.
"""

import re
import subprocess
import sys

import pefile
from elftools.elf.elffile import ELFFile
from macholib.MachO import MachO
from macholib.SymbolTable import SymbolTable


def main(namespace, shim, *libraries):
    with open(shim, "rb") as file:
        needed = [
            symbol.name
            for symbol in dynamic_symbols(file)
            if symbol["st_shndx"] == "SHN_UNDEF" and namespace in symbol.name
        ]
    if not needed:
        sys.exit(f"{shim} needs nothing of {namespace}")
    missing = 0
    for library in libraries:
        absent = find_absent(library, needed)
        print(f"{library}: {len(needed) - len(absent)} of {len(needed)} symbols found")
        for name in absent:
            print(f"  missing: {name}")
        missing += len(absent)
    sys.exit(1 if missing else 0)


def find_absent(library, needed):
    with open(library, "rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic == b"\x7fELF":
            exported = {s.name for s in dynamic_symbols(file) if s["st_shndx"] != "SHN_UNDEF"}
            return [demangle([name])[0] for name in needed if name not in exported]
    names = sorted(set(demangle(needed)))
    if magic[:2] == b"MZ":
        exported = windows_names(library)
        return [name for name in names if not is_made_in_shim(name) and not exported(name)]
    exported = set(demangle(macho_symbols(library)))
    return [name for name in names if name not in exported]


def dynamic_symbols(file):
    return ELFFile(file).get_section_by_name(".dynsym").iter_symbols()


def macho_symbols(library):
    table = SymbolTable(MachO(library))
    # A leading underscore is how macOS spells every C name.
    return [name.decode()[1:] for _, name in table.extdefsyms]


def windows_names(library):
    # The reader's guards against hostile files are too tight for a large library.
    pefile.MAX_SYMBOL_NAME_LENGTH = 1 << 14
    limits = {"max_symbol_exports": 1 << 16, "max_repeated_symbol": 1 << 16}
    dll = pefile.PE(library, fast_load=True, **limits)
    dll.parse_data_directories(pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_EXPORT"])
    names = [entry.name.decode() for entry in dll.DIRECTORY_ENTRY_EXPORT.symbols if entry.name]

    def exported(name):
        *scopes, last = name.split("::")
        outer = "@".join(reversed(scopes)) + "@@"
        special = {scopes[-1]: "?0", "~" + scopes[-1]: "?1", "operator()": "?R", "operator=": "?4"}
        spelled = special.get(last, last + "@")
        plain = f"?{spelled}{outer}"
        # Instances of a template name their arguments between the name and the scope.
        template = re.compile(re.escape(f"??${spelled}") + ".*" + re.escape(f"@{outer}"))
        return any(one.startswith(plain) or template.match(one) for one in names)

    return exported


def is_made_in_shim(name):
    return name.startswith(("vtable for ", "typeinfo for "))


def demangle(names):
    """Qualified names, without parameters, template arguments and the marks of one library's ABI."""
    output = subprocess.run(
        ["c++filt", "-p"], input="\n".join(names), capture_output=True, text=True, check=True
    ).stdout
    return [without_arguments(line.replace("[abi:cxx11]", "")) for line in output.splitlines()]


def without_arguments(name):
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
        name = shorter
    return name


if __name__ == "__main__":
    main(*sys.argv[1:])
