package dev.lanewise.cuda.lib;

import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The libraries of this process: each is searched for once, on first use, and stays open. */
public final class NativeLibraries {
    private static final LibraryLocator LOCATOR = new LibraryLocator(
            new SearchPath(System.getenv(), Optional.ofNullable(System.getProperty(SearchPath.PROPERTY)), Path.of("/")),
            LibraryOpener.SYSTEM);

    private NativeLibraries() {}

    /** Whether {@code library} is present: where and in which version, or every place searched. Opens it if it is. */
    public static LibraryStatus status(NativeLibrary library) {
        return LOCATOR.status(library);
    }

    /** The status of every library, as {@code doctor} prints it. */
    public static Map<NativeLibrary, LibraryStatus> statuses() {
        Map<NativeLibrary, LibraryStatus> statuses = new EnumMap<>(NativeLibrary.class);
        for (NativeLibrary library : NativeLibrary.values()) {
            statuses.put(library, status(library));
        }
        return statuses;
    }

    static Optional<SymbolLookup> symbols(NativeLibrary library) {
        return LOCATOR.symbols(library);
    }
}
