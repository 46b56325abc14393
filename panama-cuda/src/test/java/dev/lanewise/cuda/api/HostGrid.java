package dev.lanewise.cuda.api;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The library that runs grids on the host, and its guarded memory. */
final class HostGrid {
    private static final long MESSAGE_BYTES = 256;

    private final MethodHandle runGrid;
    private final MethodHandle allocateMemory;
    private final MethodHandle freeMemory;

    HostGrid(Path file) {
        SymbolLookup library = SymbolLookup.libraryLookup(file, Arena.global());
        runGrid = function(
                library, "run_grid", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS));
        allocateMemory = function(library, "allocate_memory", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
        freeMemory = function(library, "free_memory", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    }

    private static MethodHandle function(SymbolLookup library, String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), descriptor);
    }

    /** Memory between guards, filled with what no program may rely on. */
    long allocate(long bytes) {
        try {
            return ((MemorySegment) allocateMemory.invokeExact(bytes)).address();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Frees memory; says whether the guards are as they were. */
    boolean free(long address) {
        try {
            return (int) freeMemory.invokeExact(MemorySegment.ofAddress(address)) != 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Runs all threads of a grid, one at a time; {@code name} is the kernel's, for errors. */
    synchronized void run(
            String name, MemorySegment kernel, Grid grid, Block block, int order, KernelArguments arguments) {
        String problem;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_BYTES);
            runGrid.invokeExact(
                    kernel,
                    arguments.pointers(),
                    arena.allocateFrom(JAVA_INT, grid.x(), grid.y(), grid.z()),
                    arena.allocateFrom(JAVA_INT, block.x(), block.y(), block.z()),
                    order,
                    message);
            problem = message.getString(0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (!problem.isEmpty()) {
            throw new AssertionError(name + ": " + problem);
        }
    }
}
