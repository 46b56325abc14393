package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.op.Op;
import java.util.List;

/**
 * Records the work that one thread gives a device, and replays it at the cost of one call. What is replayed reads and
 * writes the memory that was recorded: its operands must stay where they are. It may be used by one thread at a time.
 *
 * <p>Some operations carry numbers that differ from step to step, such as the position in a random stream or the number of
 * an optimizer's step; {@link #replay} takes their new values.
 */
public interface StepRecorder extends AutoCloseable {
    /**
     * Runs work as usual, in the memory that the recording will use.
     *
     * @param work operations of the calling thread
     */
    void warmUp(Runnable work);

    /**
     * Records work without running it.
     *
     * @param work operations of the calling thread
     * @return the operations whose numbers may differ in a replay, in the order they were executed
     * @throws dev.lanewise.tensor.TensorException if the work reads a value back or does anything else that cannot be recorded;
     *     then nothing is recorded
     */
    List<Op> record(Runnable work);

    /**
     * Runs the recorded operations again, in their order.
     *
     * @param operations replacements for the operations that {@link #record} returned, of the same kinds
     */
    void replay(List<? extends Op> operations);

    /** Forgets the recording and gives its memory back. */
    @Override
    void close();
}
