package dev.lanewise.cuda.lib;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Optional;

/** Opens shared libraries; tests replace it. */
interface LibraryOpener {

    /** Opens for the life of the process: unloading one of NVIDIA's libraries is never safe. */
    LibraryOpener SYSTEM = new LibraryOpener() {
        @Override
        public Optional<SymbolLookup> open(Path file) {
            try {
                return Optional.of(SymbolLookup.libraryLookup(file, Arena.global()));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        @Override
        public Optional<SymbolLookup> open(String soname) {
            try {
                return Optional.of(SymbolLookup.libraryLookup(soname, Arena.global()));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    };

    /** The library in {@code file}, or empty if the loader refuses it. */
    Optional<SymbolLookup> open(Path file);

    /** The library that the loader finds under {@code soname} by its own rules. */
    Optional<SymbolLookup> open(String soname);
}
