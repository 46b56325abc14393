package dev.lanewise.distributed.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An MPI library, as it was found.
 *
 * @param name its file, or the name under which the system's loader knows it
 * @param symbols its symbols
 */
record MpiLibrary(String name, SymbolLookup symbols) {
    /** The variable that names another library. */
    static final String VARIABLE = "LANEWISE_MPI";

    private static final List<String> OPEN_MPI = List.of("libmpi.so.40", "libmpi.40.dylib");
    private static final List<String> MPICH = List.of("libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib");

    /** Open MPI exports what its predefined handles point to. */
    boolean isOpenMpi() {
        return symbols.find("ompi_mpi_comm_world").isPresent();
    }

    /**
     * Opens the library that the environment asks for: the named one, else the one whose launcher started this process, else any.
     *
     * @param environment of this process
     * @return the library, which stays open as long as the process
     * @throws MpiException if there is none; the message says what to install
     */
    static MpiLibrary open(Map<String, String> environment) throws MpiException {
        String named = environment.getOrDefault(VARIABLE, "");
        if (!named.isEmpty()) {
            return look(named)
                    .orElseThrow(() -> new MpiException(VARIABLE + "=" + named
                            + " can't be opened (expected the file of an MPI library, for example libmpi.so.40); correct it,"
                            + " or leave it out"));
        }
        List<String> tried = new ArrayList<>(OPEN_MPI);
        tried.addAll(Launcher.of(environment) == Launcher.PMI ? 0 : tried.size(), MPICH);
        return first(tried, environment);
    }

    /** The first of several that is there. */
    static MpiLibrary first(List<String> names, Map<String, String> environment) throws MpiException {
        for (String name : names) {
            Optional<MpiLibrary> found = look(name).or(() -> besideLauncher(name, environment));
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new MpiException("no MPI library was found (looked for " + String.join(", ", names)
                + "); install Open MPI (apt-get install openmpi-bin) or MPICH (apt-get install mpich), or set "
                + VARIABLE
                + " to the library's file");
    }

    private static Optional<MpiLibrary> look(String name) {
        try {
            return Optional.of(new MpiLibrary(
                    name,
                    name.contains("/")
                            ? SymbolLookup.libraryLookup(Path.of(name), Arena.global())
                            : SymbolLookup.libraryLookup(name, Arena.global())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** An installation outside the loader's folders has bin/mpirun and lib/libmpi.so side by side. */
    private static Optional<MpiLibrary> besideLauncher(String name, Map<String, String> environment) {
        for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
            Path bin = Path.of(folder);
            if (folder.isEmpty() || bin.getParent() == null || !Files.isExecutable(bin.resolve("mpirun"))) {
                continue;
            }
            for (String lib : List.of("lib", "lib64")) {
                Path file = bin.resolveSibling(lib).resolve(name);
                if (Files.isRegularFile(file)) {
                    return look(file.toString());
                }
            }
        }
        return Optional.empty();
    }
}
