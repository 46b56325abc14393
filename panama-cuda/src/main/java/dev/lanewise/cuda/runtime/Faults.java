package dev.lanewise.cuda.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;

/**
 * Where kernels record a position out of range. They don't stop for it, and the host does not wait for them: it checks
 * when it waits anyway, namely when a result is read, for the streams that it was computed on. It is pinned host
 * memory, which the device writes by itself.
 */
public final class Faults implements AutoCloseable {
    /** What kernels check. */
    public enum Check {
        /** The positions of {@code index_select}. */
        INDEX_SELECT(1, "index_select", "position %d is outside a dimension of size %d; check the indices"),
        /** The positions of {@code index_add}. */
        INDEX_ADD(2, "index_add", "position %d is outside a dimension of size %d; check the indices"),
        /** The positions of {@code gather}. */
        GATHER(3, "gather", "position %d is outside a dimension of size %d; check the indices"),
        /** The positions of {@code scatter} of any kind. */
        SCATTER(4, "scatter", "position %d is outside a dimension of size %d; check the indices"),
        /** The classes of {@code cross_entropy}. */
        CROSS_ENTROPY(5, "cross_entropy", "class %d is not one of %d, counted from 0; check the classes"),
        /** The positions of {@code max_pool2d_grad}. */
        MAX_POOL(
                6,
                "max_pool2d_grad",
                "position %d is outside a plane of %d elements; give the positions that max_pool2d gave");

        private final long code;
        private final String op;
        private final String problem;

        Check(long code, String op, String problem) {
            this.code = code;
            this.op = op;
            this.problem = problem;
        }

        /** The number a kernel leaves; 0 stands for no fault. */
        public long code() {
            return code;
        }
    }

    private static final long BYTES = 3 * 8;

    private final Driver driver;
    private final MemorySegment memory;
    private String last = "";
    private long count;
    private long reported;

    Faults(Driver driver) {
        this.driver = driver;
        memory = driver.allocatePinned(BYTES).reinterpret(BYTES);
        memory.fill((byte) 0);
    }

    /** The address, the same for host and device. */
    public long address() {
        return memory.address();
    }

    /**
     * Takes down what kernels left, if anything; the device has done the work in question.
     *
     * @return how many faults have been taken down so far
     */
    synchronized long count() {
        long code = memory.getAtIndex(JAVA_LONG, 0);
        if (code != 0) {
            memory.setAtIndex(JAVA_LONG, 0, 0);
            last = describe(code, memory.getAtIndex(JAVA_LONG, 1), memory.getAtIndex(JAVA_LONG, 2));
            count++;
        }
        return count;
    }

    /** How many faults its own thread, or the one before it, has been told of. */
    synchronized long reported() {
        return reported;
    }

    /** What was left so far is nothing to the stream's next thread. */
    synchronized void forget() {
        reported = count();
    }

    /** An error for the last fault, of which the stream's own thread is told, or another one that reads its results. */
    synchronized TensorException error(boolean own) {
        if (own) {
            reported = count;
        }
        return new TensorException(last);
    }

    private static String describe(long code, long position, long size) {
        for (Check check : Check.values()) {
            if (check.code == code) {
                return check.op + ": " + check.problem.formatted(position, size);
            }
        }
        throw new IllegalStateException("no check has the code " + code);
    }

    @Override
    public void close() {
        driver.freePinned(memory);
    }
}
