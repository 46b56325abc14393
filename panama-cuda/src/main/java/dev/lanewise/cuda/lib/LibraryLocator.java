package dev.lanewise.cuda.lib;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Finds and opens libraries, each once, and remembers the outcome. */
final class LibraryLocator {
    private record Opened(LibraryStatus status, Optional<SymbolLookup> symbols) {}

    private final SearchPath searchPath;
    private final LibraryOpener opener;
    private final Map<NativeLibrary, Opened> opened = new EnumMap<>(NativeLibrary.class);

    LibraryLocator(SearchPath searchPath, LibraryOpener opener) {
        this.searchPath = searchPath;
        this.opener = opener;
    }

    LibraryStatus status(NativeLibrary library) {
        return opened(library).status();
    }

    Optional<SymbolLookup> symbols(NativeLibrary library) {
        return opened(library).symbols();
    }

    private synchronized Opened opened(NativeLibrary library) {
        Opened known = opened.get(library);
        if (known != null) {
            return known;
        }
        Opened result = open(library);
        opened.put(library, result);
        return result;
    }

    private Opened open(NativeLibrary library) {
        if (!System.getProperty("os.name").equals("Linux")) {
            return missing(library, List.of(attempt(System.getProperty("os.name"), "only Linux is supported")));
        }
        library.opensAfter().forEach(this::opened);
        List<LibraryStatus.Attempt> attempts = new ArrayList<>();
        for (SearchPath.Place place : searchPath.places(library)) {
            for (String soname : library.sonames()) {
                if (isTooNewForDriver(library, soname)) {
                    continue;
                }
                Optional<Opened> found =
                        place.isLoader() ? openByName(library, soname) : openIn(library, place, soname, attempts);
                if (found.isPresent()) {
                    return found.get();
                }
            }
            attempts.addAll(explain(library, place));
        }
        return missing(library, attempts);
    }

    private Optional<Opened> openByName(NativeLibrary library, String soname) {
        return opener.open(soname).flatMap(symbols -> accept(library, soname, symbols));
    }

    private Optional<Opened> openIn(
            NativeLibrary library, SearchPath.Place place, String soname, List<LibraryStatus.Attempt> attempts) {
        for (Path folder : place.folders()) {
            Path file = folder.resolve(soname);
            if (!Files.isRegularFile(file)) {
                continue;
            }
            if (library == NativeLibrary.NVRTC) {
                openBuiltins(folder, soname);
            }
            Optional<Opened> found = opener.open(file).flatMap(symbols -> accept(library, file.toString(), symbols));
            if (found.isPresent()) {
                return found;
            }
            attempts.add(attempt(
                    file.toString(), "the loader refuses it: another architecture, or a library it needs is missing"));
        }
        return Optional.empty();
    }

    /** NVRTC opens its built-in functions by soname in the middle of a compilation, where no search path helps. */
    private void openBuiltins(Path folder, String soname) {
        String major = soname.substring(soname.lastIndexOf('.') + 1);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "libnvrtc-builtins.so." + major + ".*")) {
            files.forEach(opener::open);
        } catch (IOException | DirectoryIteratorException e) {
            // NVRTC itself then says at the first compilation that they are missing.
            return;
        }
    }

    private static Optional<Opened> accept(NativeLibrary library, String path, SymbolLookup symbols) {
        return library.versionQuery()
                .ask(symbols)
                .map(version -> new Opened(new LibraryStatus.Found(library, path, version), Optional.of(symbols)));
    }

    /** Why the search in {@code place} failed, with a remark on versions that are present but unsuitable. */
    private List<LibraryStatus.Attempt> explain(NativeLibrary library, SearchPath.Place place) {
        List<LibraryStatus.Attempt> attempts = new ArrayList<>();
        for (String soname : library.sonames()) {
            if (isTooNewForDriver(library, soname) && present(place, soname)) {
                attempts.add(new LibraryStatus.Attempt(
                        place.name(),
                        soname + " is there, but the driver runs CUDA up to "
                                + driverMajor().getAsInt() + "; update the driver or install the libraries of CUDA "
                                + driverMajor().getAsInt(),
                        true));
            }
        }
        for (String soname : library.otherSonames()) {
            if (present(place, soname)) {
                attempts.add(new LibraryStatus.Attempt(
                        place.name(),
                        soname + " is there, but " + String.join(" or ", library.sonames()) + " is needed",
                        true));
            }
        }
        if (attempts.isEmpty()) {
            attempts.add(attempt(place.name(), place.isLoader() ? "knows none" : "not there"));
        }
        return attempts;
    }

    private boolean present(SearchPath.Place place, String soname) {
        return place.isLoader()
                ? opener.open(soname).isPresent()
                : place.folders().stream().anyMatch(folder -> Files.isRegularFile(folder.resolve(soname)));
    }

    /** A CUDA 13 library fails at its first call under a driver for CUDA 12; the reverse works. */
    private boolean isTooNewForDriver(NativeLibrary library, String soname) {
        boolean followsCuda = switch (library) {
            case NVRTC, CUBLAS_LT, CUBLAS -> true;
            case DRIVER, CUDNN, NCCL -> false;
        };
        if (!followsCuda) {
            return false;
        }
        int major = Integer.parseInt(soname.substring(soname.lastIndexOf('.') + 1));
        OptionalInt driver = driverMajor();
        return driver.isPresent() && major > driver.getAsInt();
    }

    private OptionalInt driverMajor() {
        return switch (opened(NativeLibrary.DRIVER).status()) {
            case LibraryStatus.Found found -> OptionalInt.of(found.version().major());
            case LibraryStatus.Missing missing -> OptionalInt.empty();
        };
    }

    private static LibraryStatus.Attempt attempt(String place, String outcome) {
        return new LibraryStatus.Attempt(place, outcome, false);
    }

    private static Opened missing(NativeLibrary library, List<LibraryStatus.Attempt> attempts) {
        return new Opened(
                new LibraryStatus.Missing(library, List.copyOf(new LinkedHashSet<>(attempts))), Optional.empty());
    }
}
