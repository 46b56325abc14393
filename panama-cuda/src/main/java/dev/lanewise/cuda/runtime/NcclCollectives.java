package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Nccl;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Collectives;
import java.util.function.Supplier;

/** NCCL, for one device. */
public final class NcclCollectives implements Collectives {
    private static final int NAME_BYTES = 128;

    private final CudaDevice device;
    private final Nccl nccl;

    /** NCCL for {@code device}. */
    public NcclCollectives(CudaDevice device, Nccl nccl) {
        this.device = device;
        this.nccl = nccl;
    }

    @Override
    public byte[] newGroup() {
        return nccl.uniqueId();
    }

    @Override
    public Group join(byte[] name, int rank, int size) {
        if (name.length != NAME_BYTES || rank < 0 || rank >= size) {
            throw new TensorException("nccl: rank " + rank + " of " + size + " with a name of " + name.length
                    + " bytes (expected 0 to size - 1, and " + NAME_BYTES + "); pass what newGroup gave");
        }
        return onThread(device, () -> {
            device.enter();
            return new NcclGroup(device, nccl, nccl.join(name, size, rank));
        });
    }

    /** Runs work on the calling thread, or, if that is a virtual one, on the system thread whose stream it uses. */
    static <T> T onThread(CudaDevice device, Supplier<T> work) {
        return Thread.currentThread().isVirtual() ? device.onSystemThread(work) : work.get();
    }
}
