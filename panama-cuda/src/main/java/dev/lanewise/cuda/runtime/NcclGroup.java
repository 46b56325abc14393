package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Nccl;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Collectives;
import dev.lanewise.tensor.spi.Storage;
import java.util.function.Consumer;

/** A device's place in a group of devices, through NCCL. */
final class NcclGroup implements Collectives.Group {
    private final CudaDevice device;
    private final Nccl nccl;
    private final Nccl.Comm comm;
    private final Driver.Event done;
    private final Runnable closing = this::close;
    private volatile boolean open = true;

    /** Owns {@code comm}; the context is current. */
    NcclGroup(CudaDevice device, Nccl nccl, Nccl.Comm comm) {
        this.device = device;
        this.nccl = nccl;
        this.comm = comm;
        done = device.driver().createEvent();
        device.onClose(closing);
    }

    @Override
    public void allReduce(Tensor data) {
        DataType type = type(data.dtype());
        queue(
                "all_reduce",
                data,
                stream -> nccl.allReduce(
                        comm, DeviceBuffer.address(data), data.shape().elements(), type, stream));
    }

    private static DataType type(DType type) {
        return switch (type) {
            case F32 -> DataType.F32;
            case F64 -> DataType.F64;
            default -> throw new TensorException("all_reduce: " + type + " (expected F32 or F64); convert the numbers");
        };
    }

    @Override
    public void broadcast(Tensor data, int root) {
        long bytes = data.shape().elements() * data.dtype().bytes();
        queue("broadcast", data, stream -> nccl.broadcast(comm, DeviceBuffer.address(data), bytes, root, stream));
    }

    private void queue(String call, Tensor data, Consumer<Driver.Stream> work) {
        if (!data.device().equals(device.device()) || !data.isContiguous()) {
            throw new TensorException(call + ": " + (data.isContiguous() ? "a tensor" : "a strided tensor") + " on "
                    + data.device() + " (expected a contiguous one on " + device.device() + "); copy it");
        }
        checkOpen();
        NcclCollectives.onThread(device, () -> {
            DeviceStream stream = device.stream();
            if (stream.recorder() != null) {
                throw new TensorException("record: the step calls " + call
                        + " while it is recorded (expected no call to other processes); train without --graphs");
            }
            stream.orderWrite((DeviceBuffer) Storage.buffer(data));
            work.accept(stream.handle());
            device.driver().record(done, stream.handle());
            return true;
        });
    }

    private void checkOpen() {
        if (!open) {
            throw new TensorException(
                    "nccl: the group of " + device.device() + " was closed (expected an open one); join another");
        }
    }

    /** Locked, so that another thread can't close between the question and the answer. */
    @Override
    public synchronized boolean isDone() {
        checkOpen();
        device.enter();
        nccl.check(comm);
        return device.driver().isDone(done);
    }

    @Override
    public synchronized void close() {
        if (!open) {
            return;
        }
        open = false;
        device.offClose(closing);
        device.enter();
        try {
            nccl.abort(comm);
        } finally {
            device.driver().destroy(done);
        }
    }
}
