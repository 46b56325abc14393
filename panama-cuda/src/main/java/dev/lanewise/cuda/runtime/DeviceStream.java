package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * One thread's queue of work on a device, with what such a thread needs: an area for kernel arguments, memory that its
 * work freed, a cuDNN handle. When the thread ends, the next new one takes it over.
 */
public final class DeviceStream {
    private final CudaDevice device;
    private final Driver.Stream stream;
    private final BlockCache cache = new BlockCache();
    private final KernelArguments arguments = new KernelArguments(Arena.ofAuto());
    private final Faults faults;
    private Cudnn.@Nullable Handle cudnn;

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

    /** Where the stream's kernels leave positions that no element has. */
    public Faults faults() {
        return faults;
    }

    /** The cuDNN handle that queues on this stream. */
    public Cudnn.Handle cudnn() {
        Cudnn.Handle handle = cudnn;
        if (handle == null) {
            Cudnn library = device.libraries().cudnn();
            handle = library.create();
            library.setStream(handle, stream);
            cudnn = handle;
        }
        return handle;
    }

    /** What this stream's work freed. */
    BlockCache cache() {
        return cache;
    }

    /** Makes the operands readable and the results writable for work that is queued here from now on. */
    public void order(Tensor[] inputs, Tensor[] outputs) {
        for (Tensor input : inputs) {
            orderRead((DeviceBuffer) input.buffer());
        }
        for (Tensor output : outputs) {
            orderWrite((DeviceBuffer) output.buffer());
        }
    }

    /** Makes a buffer readable for work that is queued here from now on. */
    public void orderRead(DeviceBuffer buffer) {
        buffer.block().readBy(this);
    }

    /** Makes a buffer writable for work that is queued here from now on. */
    public void orderWrite(DeviceBuffer buffer) {
        buffer.block().writtenBy(this);
    }

    /** Makes work queued here from now on wait for what is queued on {@code other} so far. */
    void waitFor(DeviceStream other) {
        if (other != this) {
            device.order(other.stream, stream);
        }
    }

    /** Destroys the handles; the device has done all work. */
    void close() {
        if (cudnn != null) {
            device.libraries().cudnn().destroy(cudnn);
            cudnn = null;
        }
        faults.close();
        device.libraries().driver().destroy(stream);
    }
}
