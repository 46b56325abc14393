package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Native memory from the operating system. On Linux it lies in huge pages where there are any: kernels that go through
 * memory once are 5 to 15% faster, since hardware prefetching and address translation stop at the end of a page, and the
 * first use of 64 MB takes 32 page faults instead of 16,384.
 */
final class SystemMemory implements Pages {
    /** The memory of this process. */
    static final Pages INSTANCE = new SystemMemory();

    private static final long SMALLEST_PAGE = 4096;

    /** Null where this is no Linux on a known processor, or the module may not call native functions. */
    private final @Nullable Functions functions = Functions.find();

    private final long pageSize = functions == null ? SMALLEST_PAGE : functions.pageSize();

    private SystemMemory() {}

    @Override
    public long size() {
        return pageSize;
    }

    @Override
    public @Nullable Region reserve(long bytes) {
        return functions == null ? null : functions.reserve(bytes);
    }

    @Override
    public void discard(long start, long bytes) {
        Objects.requireNonNull(functions).advise(start, bytes, Functions.MADV_DONTNEED);
    }

    @Override
    public void advise(long start, long bytes, boolean huge) {
        int advice = huge ? Functions.MADV_HUGEPAGE : Functions.MADV_NOHUGEPAGE;
        Objects.requireNonNull(functions).advise(start, bytes, advice);
    }

    @Override
    public Region allocate(long bytes) {
        Arena arena = Arena.ofShared();
        try {
            return new Region(arena, arena.allocate(bytes, BlockPool.ALIGNMENT), false);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /** The C library's functions. */
    private record Functions(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise, long pageSize) {
        private static final int PROT_READ_WRITE = 3;
        private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
        private static final int MADV_DONTNEED = 4;
        private static final int MADV_HUGEPAGE = 14;
        private static final int MADV_NOHUGEPAGE = 15;
        private static final long MAP_FAILED = -1;

        static @Nullable Functions find() {
            boolean known = System.getProperty("os.name").equals("Linux")
                    && Set.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
            if (!known || !SystemMemory.class.getModule().isNativeAccessEnabled()) {
                return null;
            }
            ValueLayout.OfLong size = ValueLayout.JAVA_LONG;
            ValueLayout.OfInt number = ValueLayout.JAVA_INT;
            try {
                return new Functions(
                        function("mmap", FunctionDescriptor.of(size, size, size, number, number, number, size)),
                        function("munmap", FunctionDescriptor.of(number, size, size)),
                        function("madvise", FunctionDescriptor.of(number, size, size, number)),
                        pageSizeOfMachine());
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /** Each function costs a fresh process milliseconds, and x86-64 has one size. */
        private static long pageSizeOfMachine() throws Throwable {
            return System.getProperty("os.arch").equals("amd64")
                    ? SMALLEST_PAGE
                    : (int) function("getpagesize", FunctionDescriptor.of(ValueLayout.JAVA_INT))
                            .invokeExact();
        }

        private static MethodHandle function(String name, FunctionDescriptor type) {
            SymbolLookup library = Linker.nativeLinker().defaultLookup();
            return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), type);
        }

        @Nullable
        Region reserve(long bytes) {
            // the first huge page need not start where the mapping does
            long all = bytes + HUGE;
            try {
                long start = (long) mmap.invokeExact(0L, all, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
                if (start == MAP_FAILED) {
                    return null;
                }
                long first = start + HUGE - 1 & -HUGE;
                advise(first, bytes, MADV_HUGEPAGE);
                Arena arena = Arena.ofShared();
                MemorySegment memory = MemorySegment.ofAddress(first).reinterpret(bytes, arena, m -> unmap(start, all));
                return new Region(arena, memory, true);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /** Where there are no huge pages, advice about them fails, which changes nothing but the speed. */
        void advise(long start, long bytes, int advice) {
            try {
                int ignored = (int) madvise.invokeExact(start, bytes, advice);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private void unmap(long start, long bytes) {
            try {
                int ignored = (int) munmap.invokeExact(start, bytes);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
