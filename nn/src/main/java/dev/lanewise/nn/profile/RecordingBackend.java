package dev.lanewise.nn.profile;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.DelegatingBackend;

/** Notes how long each operation takes, and in which scopes memory is allocated. */
final class RecordingBackend extends DelegatingBackend {
    private final Recording recording;

    RecordingBackend(Backend backend, Recording recording) {
        super(backend);
        this.recording = recording;
    }

    @Override
    public Buffer allocate(long bytes) {
        Buffer buffer = super.allocate(bytes);
        buffer.whenFreed(recording.memory.allocated(Scope.openNames(), bytes));
        return buffer;
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        long start = recording.now();
        super.execute(op, inputs, outputs);
        if (!device().isCpu()) {
            synchronize();
        }
        long end = recording.now();
        long bytes = 0;
        for (Tensor output : outputs) {
            bytes += output.shape().elements() * output.dtype().bytes();
        }
        recording.add(new Profile.Event(
                op.opName(),
                outputs.length == 0 ? "" : outputs[0].spec().toString(),
                device(),
                thread(),
                start,
                end - start,
                bytes));
    }

    private static String thread() {
        Thread current = Thread.currentThread();
        return current.getName().isEmpty() ? "thread " + current.threadId() : current.getName();
    }
}
