package dev.lanewise.testkit;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.DelegatingBackend;
import dev.lanewise.tensor.spi.StepRecorder;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A backend that records steps by writing operations down instead of running them, and replays them one by one; for
 * tests of what records steps, without a GPU.
 */
public final class OpRecorder extends DelegatingBackend implements StepRecorder {
    private record Call(Op op, Tensor[] inputs, Tensor[] outputs) {}

    private final List<Call> calls = new ArrayList<>();
    private volatile @Nullable Thread recording;
    private int replays;
    private boolean closed;

    /**
     * A recorder on a backend that runs the operations.
     *
     * @param backend what runs the operations
     */
    public OpRecorder(Backend backend) {
        super(backend);
    }

    /** {@return how often recorded steps were replayed} */
    public int replays() {
        return replays;
    }

    /** {@return whether the last user of the recorder has closed it} */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public Optional<StepRecorder> recorder() {
        closed = false;
        return Optional.of(this);
    }

    @Override
    public void warmUp(Runnable work) {
        work.run();
    }

    @Override
    public List<Op> record(Runnable work) {
        recording = Thread.currentThread();
        try {
            work.run();
        } catch (RuntimeException e) {
            close();
            throw e;
        } finally {
            recording = null;
        }
        return calls.stream().map(Call::op).filter(OpRecorder::hasNumbers).toList();
    }

    private static boolean hasNumbers(Op op) {
        return op instanceof Update || op instanceof RandomDropout || op instanceof Source.Random;
    }

    @Override
    public void replay(List<? extends Op> operations) {
        replays++;
        Iterator<? extends Op> next = operations.iterator();
        for (Call call : calls) {
            inner().execute(hasNumbers(call.op) ? next.next() : call.op, call.inputs, call.outputs);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Call call : calls) {
            for (Tensor output : call.outputs) {
                Storage.buffer(output).release("recorder");
            }
        }
        calls.clear();
    }

    /** Other threads, such as those of a data loader, compute as usual. */
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    private boolean isRecording() {
        return Thread.currentThread() == recording;
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (!isRecording()) {
            super.execute(op, inputs, outputs);
            return;
        }
        // so that nothing else gets the memory that replays write to
        for (Tensor output : outputs) {
            Storage.buffer(output).retain();
        }
        calls.add(new Call(op, inputs.clone(), outputs.clone()));
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        if (isRecording()) {
            throw new TensorException("record: the step reads a value back while it is recorded");
        }
        super.copyOut(source, byteOffset, target);
    }
}
