package dev.lanewise.nn.optim;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Dropout;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.DelegatingBackend;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** A backend that records steps by writing operations down instead of running them, and replays them one by one. */
final class OpRecorder extends DelegatingBackend implements StepRecorder {
    private record Call(Op op, Tensor[] inputs, Tensor[] outputs) {}

    private final List<Call> calls = new ArrayList<>();
    private boolean recording;
    private int replays;

    OpRecorder(Backend backend) {
        super(backend);
    }

    int replays() {
        return replays;
    }

    @Override
    public Optional<StepRecorder> recorder() {
        return Optional.of(this);
    }

    @Override
    public void warmUp(Runnable work) {
        work.run();
    }

    @Override
    public List<Op> record(Runnable work) {
        recording = true;
        try {
            work.run();
        } catch (RuntimeException e) {
            close();
            throw e;
        } finally {
            recording = false;
        }
        return calls.stream().map(Call::op).filter(OpRecorder::hasNumbers).toList();
    }

    private static boolean hasNumbers(Op op) {
        return op instanceof Update || op instanceof Dropout || op instanceof Source.Random;
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
        for (Call call : calls) {
            for (Tensor output : call.outputs) {
                output.buffer().release("recorder");
            }
        }
        calls.clear();
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (!recording) {
            super.execute(op, inputs, outputs);
            return;
        }
        // so that nothing else gets the memory that replays write to
        for (Tensor output : outputs) {
            output.buffer().retain();
        }
        calls.add(new Call(op, inputs.clone(), outputs.clone()));
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        if (recording) {
            throw new TensorException("record: the step reads a value back while it is recorded");
        }
        super.copyOut(source, byteOffset, target);
    }
}
