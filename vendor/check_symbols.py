"""Checks that a library exports, on every platform, the symbols that an engine library needs. ENGINE must be built for Linux.

    PYTHONPATH=.build/vendor/symbol-readers python3 check_symbols.py NAMESPACE ENGINE LIBRARY...

On Linux, all compilers mangle C++ names in the same way, so this script compares mangled names. macOS and Windows mangle types
differently, so this script compares qualified names there. On Windows, the compiler puts vtables and typeinfo into ENGINE, so they
are not looked up.
"""

import re
import subprocess
import sys

import pefile
from elftools.elf.elffile import ELFFile
from macholib.MachO import MachO
from macholib.SymbolTable import SymbolTable


def main(namespace, engine, *libraries):
    with open(engine, "rb") as file:
        needed = [
            symbol.name
            for symbol in dynamic_symbols(file)
            if symbol["st_shndx"] == "SHN_UNDEF" and namespace in symbol.name
        ]
    if not needed:
        sys.exit(f"{engine} needs no symbol of {namespace}")
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
        return [name for name in names if not is_made_in_engine(name) and not exported(name)]
    exported = set(demangle(macho_symbols(library)))
    return [name for name in names if name not in exported]


def dynamic_symbols(file):
    return ELFFile(file).get_section_by_name(".dynsym").iter_symbols()


def macho_symbols(library):
    table = SymbolTable(MachO(library))
    # macOS adds an underscore before every symbol name.
    return [name.decode()[1:] for _, name in table.extdefsyms]


def windows_names(library):
    # The default limits of pefile are too low for a large library.
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
        # The mangled name of a template instance has the template arguments between the name and the scope.
        template = re.compile(re.escape(f"??${spelled}") + ".*" + re.escape(f"@{outer}"))
        return any(one.startswith(plain) or template.match(one) for one in names)

    return exported


def is_made_in_engine(name):
    return name.startswith(("vtable for ", "typeinfo for "))


def demangle(names):
    """Returns qualified names without parameters, template arguments and ABI tags."""
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
