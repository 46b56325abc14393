package dev.lanewise.cuda.lib;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An opener without libraries: what it opens answers the version functions with versions it was given. */
final class FakeLibraries implements LibraryOpener {
    private final Map<String, Long> byName = new HashMap<>();
    private final Map<Path, Long> byFile = new HashMap<>();
    final List<String> opened = new ArrayList<>();

    /** The loader knows {@code soname}, which reports {@code version} the way its library packs it. */
    FakeLibraries knows(String soname, long version) {
        byName.put(soname, version);
        return this;
    }

    /** The file can be opened and reports {@code version}. */
    FakeLibraries holds(Path file, long version) {
        byFile.put(file, version);
        return this;
    }

    @Override
    public Optional<SymbolLookup> open(Path file) {
        opened.add(file.getFileName().toString());
        return Optional.ofNullable(byFile.get(file)).map(FakeLibraries::answering);
    }

    @Override
    public Optional<SymbolLookup> open(String soname) {
        if (byName.containsKey(soname)) {
            opened.add(soname);
        }
        return Optional.ofNullable(byName.get(soname)).map(FakeLibraries::answering);
    }

    private static SymbolLookup answering(long version) {
        return symbol -> switch (symbol) {
            case "cudnnGetVersion", "cublasLtGetVersion" -> Optional.of(stub("size", version));
            case "cuDriverGetVersion", "ncclGetVersion" -> Optional.of(stub("pointer", version));
            case "nvrtcVersion" -> Optional.of(stub("pointers", version));
            case "cublasGetProperty" -> Optional.of(stub("property", version));
            default -> Optional.empty();
        };
    }

    private static MemorySegment stub(String method, long version) {
        FunctionDescriptor descriptor = switch (method) {
            case "size" -> FunctionDescriptor.of(ValueLayout.JAVA_LONG);
            case "pointer" -> FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
            case "pointers" -> FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            case "property" -> FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
            default -> throw new IllegalArgumentException(method);
        };
        try {
            MethodType type = descriptor.toMethodType().insertParameterTypes(0, long.class);
            MethodHandle handle = MethodHandles.lookup().findStatic(FakeLibraries.class, method, type);
            return Linker.nativeLinker()
                    .upcallStub(MethodHandles.insertArguments(handle, 0, version), descriptor, Arena.ofAuto());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(method, e);
        }
    }

    static long size(long version) {
        return version;
    }

    static int pointer(long version, MemorySegment to) {
        to.reinterpret(4).set(ValueLayout.JAVA_INT, 0, (int) version);
        return 0;
    }

    static int pointers(long version, MemorySegment major, MemorySegment minor) {
        major.reinterpret(4).set(ValueLayout.JAVA_INT, 0, (int) (version / 1000));
        minor.reinterpret(4).set(ValueLayout.JAVA_INT, 0, (int) (version % 1000 / 10));
        return 0;
    }

    static int property(long version, int which, MemorySegment to) {
        long part = which == 0 ? version / 10_000 : which == 1 ? version % 10_000 / 100 : version % 100;
        to.reinterpret(4).set(ValueLayout.JAVA_INT, 0, (int) part);
        return 0;
    }
}
