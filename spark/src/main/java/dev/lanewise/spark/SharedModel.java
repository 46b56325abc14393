package dev.lanewise.spark;

import dev.lanewise.onnx.OnnxModel;
import java.io.Serializable;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What is broadcast: the bytes of a model, and the model itself once a task of this JVM needed it. Spark closes values of
 * broadcasts that it takes out of its memory, which it does with those that are unpersisted, and with any when memory is
 * short, whether tasks use them or not: the model stays until the last of them has ended.
 */
final class SharedModel implements Serializable, AutoCloseable {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;
    private transient @Nullable OnnxModel model;
    private transient int users;
    private transient boolean closed;

    SharedModel(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The model for one more task, loaded by the first; others wait for it. */
    synchronized OnnxModel acquire() {
        OnnxModel loaded = model;
        if (loaded == null) {
            loaded = OnnxModel.load(MemorySegment.ofArray(bytes));
            loaded.eval();
            model = loaded;
            closed = false;
        }
        users++;
        return loaded;
    }

    /** A task has ended. */
    synchronized void release() {
        users--;
        drop();
    }

    @Override
    public synchronized void close() {
        closed = true;
        drop();
    }

    synchronized boolean isLoaded() {
        return model != null;
    }

    /** Its tensors are freed when the collector finds that nobody has them. */
    private void drop() {
        if (closed && users == 0) {
            model = null;
        }
    }
}
