package dev.lanewise.cuda.lib;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/**
 * The symbols of a library that is opened when the first one is requested. The generated bindings hold one of these, so
 * their constants work on any machine.
 */
public final class LazyLookup implements SymbolLookup {
    private final NativeLibrary library;

    LazyLookup(NativeLibrary library) {
        this.library = library;
    }

    @Override
    public Optional<MemorySegment> find(String symbol) {
        return NativeLibraries.symbols(home(symbol)).flatMap(symbols -> symbols.find(symbol));
    }

    /**
     * The address of {@code symbol}.
     *
     * @throws IllegalStateException if the library is missing (the message lists every place searched) or lacks the
     *     symbol
     */
    // SymbolLookup has a method of this name and meaning from JDK 23 on; this is compiled for 22, so no @Override.
    public MemorySegment findOrThrow(String symbol) {
        return find(symbol)
                .orElseThrow(() -> new IllegalStateException(
                        switch (NativeLibraries.status(home(symbol))) {
                            case LibraryStatus.Found found ->
                                symbol + ": not in " + found.describe() + ", which is too old for it; "
                                        + found.library().remedy();
                            case LibraryStatus.Missing missing -> symbol + ": " + missing.describe();
                        }));
    }

    /** cuBLAS and cuBLASLt are bound together but are two libraries. */
    private NativeLibrary home(String symbol) {
        return symbol.startsWith("cublasLt") ? NativeLibrary.CUBLAS_LT : library;
    }
}
