package dev.lanewise.tensor.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Native memory from the operating system. Large blocks are placed in huge pages where Linux has them: kernels that
 * pass over memory once are 5 to 15% faster, since hardware prefetching and address translation stop at the end of a
 * page, and the first use of 64 MB takes 32 page faults instead of 16,384.
 */
public final class SystemMemory {
    private static final long HUGE_PAGE = 2 << 20;

    /** Too little of a smaller block would be in whole huge pages. */
    private static final long LARGE = 2 * HUGE_PAGE;

    private SystemMemory() {}

    /**
     * Memory with the lifetime of an arena. Its contents are undefined.
     *
     * @throws OutOfMemoryError when the system has no more
     */
    public static MemorySegment allocate(Arena arena, long bytes, long alignment) {
        HugePages pages = HugePages.INSTANCE;
        MemorySegment mapped = pages == null ? null : pages.allocate(arena, bytes);
        // the number of mappings is limited too: the C library's heap may still have room
        return mapped == null ? arena.allocate(bytes, alignment) : mapped;
    }

    /** The C library's functions; initialized with the first large block. */
    private record HugePages(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
        /** Null unless this is Linux on a known processor and the module may call native functions. */
        static final @Nullable HugePages INSTANCE = find();

        private static final int PROT_READ_WRITE = 3;
        private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
        private static final int MADV_HUGEPAGE = 14;
        private static final long MAP_FAILED = -1;

        private static @Nullable HugePages find() {
            boolean known = System.getProperty("os.name").equals("Linux")
                    && Set.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
            if (!known || !SystemMemory.class.getModule().isNativeAccessEnabled()) {
                return null;
            }
            ValueLayout.OfLong size = ValueLayout.JAVA_LONG;
            ValueLayout.OfInt number = ValueLayout.JAVA_INT;
            return new HugePages(
                    function("mmap", FunctionDescriptor.of(size, size, size, number, number, number, size)),
                    function("munmap", FunctionDescriptor.of(number, size, size)),
                    function("madvise", FunctionDescriptor.of(number, size, size, number)));
        }

        private static MethodHandle function(String name, FunctionDescriptor type) {
            SymbolLookup library = Linker.nativeLinker().defaultLookup();
            return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), type);
        }

        /** Mapped memory, which goes back to the system as soon as it is freed; null when there is none. */
        @Nullable
        MemorySegment allocate(Arena arena, long bytes) {
            boolean large = bytes >= LARGE;
            long reserved = large ? bytes + HUGE_PAGE : bytes;
            try {
                long start = (long) mmap.invokeExact(0L, reserved, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
                if (start == MAP_FAILED) {
                    return null;
                }
                if (!large) {
                    return MemorySegment.ofAddress(start).reinterpret(bytes, arena, block -> unmap(start, bytes));
                }
                long first = (start + HUGE_PAGE - 1) & -HUGE_PAGE;
                // only whole huge pages: the remainder of a block must not cost one
                madvise.invoke(first, bytes & -HUGE_PAGE, MADV_HUGEPAGE);
                return MemorySegment.ofAddress(first).reinterpret(bytes, arena, block -> unmap(start, reserved));
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private void unmap(long start, long bytes) {
            try {
                munmap.invoke(start, bytes);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
