package dev.lanewise.distributed.mpi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The symbols of this process's MPI library. The generated bindings hold them, and their constants work without any library. */
public final class MpiSymbols implements SymbolLookup {
    /** Those of the library that {@link Mpi#join} opened. */
    public static final MpiSymbols OPENED = new MpiSymbols();

    private volatile @Nullable SymbolLookup library;

    private MpiSymbols() {}

    void open(SymbolLookup opened) {
        library = opened;
    }

    @Override
    public Optional<MemorySegment> find(String symbol) {
        SymbolLookup opened = library;
        return opened == null ? Optional.empty() : opened.find(symbol);
    }

    /**
     * The address of a symbol.
     *
     * @param symbol its name in C
     * @return where it is
     * @throws IllegalStateException if the library lacks it
     */
    // SymbolLookup has a method of this name and meaning from JDK 23 on; this is compiled for 22, so no @Override.
    public MemorySegment findOrThrow(String symbol) {
        return find(symbol)
                .orElseThrow(
                        () -> new IllegalStateException(symbol + ": not in this MPI library; install another version"));
    }
}
