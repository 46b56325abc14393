package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * One thread's queue of work on a device, with what such a thread needs: an area for kernel arguments, memory that its
 * work freed, handles of cuDNN and cuBLAS. When the thread ends, the next new one takes it over.
 */
public final class DeviceStream {
    private final CudaDevice device;
    private final Driver.Stream stream;
    private final BlockCache cache = new BlockCache();
    private final KernelArguments arguments = new KernelArguments(Arena.ofAuto());
    private final Faults faults;
    private Cudnn.@Nullable Handle cudnn;
    private Cublas.@Nullable Handle cublas;

    /**
     * The streams whose work this one's may have read results of, each with the faults that this one has been told of.
     */
    private final Map<DeviceStream, Long> told = new ConcurrentHashMap<>();

    private BlockCache allocating = cache;
    private volatile @Nullable StepGraph recorder;

    DeviceStream(CudaDevice device, Driver.Stream stream) {
        this.device = device;
        this.stream = stream;
        faults = new Faults(device.driver());
    }

    /** The device. */
    public CudaDevice device() {
        return device;
    }

    /** The driver's handle. */
    public Driver.Stream handle() {
        return stream;
    }

    /** The thread's area for kernel arguments, empty. */
    public KernelArguments arguments() {
        return arguments.clear();
    }

    /** Where the stream's kernels record positions out of range. */
    public Faults faults() {
        return faults;
    }

    /** The cuDNN handle that queues on this stream. */
    public Cudnn.Handle cudnn() {
        Cudnn.Handle handle = cudnn;
        if (handle == null) {
            Cudnn library = device.libraries().cudnn();
            handle = device.unrecorded(library::create);
            library.setStream(handle, stream);
            cudnn = handle;
        }
        return handle;
    }

    /** The cuBLAS handle that queues on this stream. */
    public Cublas.Handle cublas() {
        Cublas.Handle handle = cublas;
        if (handle == null) {
            Cublas library = device.libraries().cublas();
            handle = device.unrecorded(library::create);
            library.setStream(handle, stream);
            cublas = handle;
        }
        return handle;
    }

    /** What this stream's work freed. */
    BlockCache cache() {
        return cache;
    }

    /** Where the thread's memory comes from: {@link #cache}, or a recorded step's own. */
    BlockCache allocating() {
        return allocating;
    }

    /** Takes memory from {@code other} from now on, or from the stream's own cache again. */
    void useMemory(@Nullable BlockCache other) {
        allocating = other == null ? cache : other;
    }

    /** The step that the thread records, or null. */
    @Nullable
    StepGraph recorder() {
        return recorder;
    }

    /** Begins or ends to record. */
    void recorder(@Nullable StepGraph step) {
        recorder = step;
    }

    /** Makes the operands readable and the results writable for work that is queued here from now on. */
    public void order(Tensor[] inputs, Tensor[] outputs) {
        for (Tensor input : inputs) {
            orderRead((DeviceBuffer) Storage.buffer(input));
        }
        for (Tensor output : outputs) {
            orderWrite((DeviceBuffer) Storage.buffer(output));
        }
    }

    /** Makes a buffer readable for work that is queued here from now on. */
    public void orderRead(DeviceBuffer buffer) {
        buffer.block().readBy(this);
        StepGraph step = recorder;
        if (step != null) {
            step.touch(buffer, false);
        }
    }

    /** Makes a buffer writable for work that is queued here from now on. */
    public void orderWrite(DeviceBuffer buffer) {
        buffer.block().writtenBy(this);
        StepGraph step = recorder;
        if (step != null) {
            step.touch(buffer, true);
        }
    }

    /** Makes work queued here from now on wait for what is queued on {@code other} so far. */
    @SuppressWarnings("ReferenceEquality") // identity: the same object
    void waitFor(DeviceStream other) {
        if (other == this) {
            return;
        }
        Lock lock = device.recordings().open();
        lock.lock();
        try {
            if (recorder != null || other.recorder != null) {
                throw new TensorException(
                        "record: a tensor was last used by another thread's work (expected by the thread that"
                                + " records); use it once on this thread before the step is recorded");
            }
            device.order(other.stream, stream);
        } finally {
            lock.unlock();
        }
        readFrom(other);
    }

    /** From here on results may come of another stream's work, and of what that one's came of. */
    private void readFrom(DeviceStream other) {
        told.putIfAbsent(other, other.faults.reported());
        other.told.forEach(told::putIfAbsent);
    }

    /**
     * Checks whether a position out of range was recorded by work that has been waited for: this stream's, or that of
     * another stream whose results this one's work has read. Each is reported once to each stream's thread.
     *
     * @throws TensorException naming the operation and the position
     */
    void checkFaults() {
        checkFaults(this);
        for (DeviceStream other : told.keySet()) {
            checkFaults(other);
        }
    }

    /** Forgets what was recorded for a thread that has ended; it does not concern the next one. */
    void forgetFaults() {
        told.clear();
        faults.forget();
    }

    /** The same for one stream. */
    @SuppressWarnings("ReferenceEquality") // identity: the same object
    void checkFaults(DeviceStream other) {
        boolean own = other == this;
        long count = other.faults.count();
        long known = own ? faults.reported() : told.getOrDefault(other, other.faults.reported());
        if (count > known) {
            if (!own) {
                told.put(other, count);
            }
            throw other.faults.error(own);
        }
    }

    /** Destroys the handles; the device has done all work. */
    void close() {
        if (cudnn != null) {
            device.libraries().cudnn().destroy(cudnn);
            cudnn = null;
        }
        if (cublas != null) {
            device.libraries().cublas().destroy(cublas);
            cublas = null;
        }
        faults.close();
        device.libraries().driver().destroy(stream);
    }
}
