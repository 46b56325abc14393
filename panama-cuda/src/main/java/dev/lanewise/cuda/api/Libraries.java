package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;

/** Checks for a library before any call: a function that once fails to resolve stays unusable. */
final class Libraries {
    private Libraries() {}

    static LibraryStatus.Found require(NativeLibrary library) {
        return switch (NativeLibraries.status(library)) {
            case LibraryStatus.Found found -> found;
            case LibraryStatus.Missing missing -> throw CudaException.missing(missing);
        };
    }
}
