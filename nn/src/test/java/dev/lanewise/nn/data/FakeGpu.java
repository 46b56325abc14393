package dev.lanewise.nn.data;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Buffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A device that holds memory and computes nothing. */
public final class FakeGpu implements BackendProvider, Backend {
    static final Device DEVICE = Device.cuda(0);

    /** The names of the threads that copied to the device. */
    static final Set<String> COPIED_BY = ConcurrentHashMap.newKeySet();

    private static final class Memory extends Buffer {
        final MemorySegment segment;

        Memory(MemorySegment segment) {
            super(DEVICE, segment.byteSize(), () -> {});
            this.segment = segment;
        }
    }

    @Override
    public String name() {
        return "fake-gpu";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CUDA;
    }

    @Override
    public int priority() {
        return 1000;
    }

    @Override
    public Availability availability() {
        return new Availability.Available();
    }

    @Override
    public List<Device> devices() {
        return List.of(DEVICE);
    }

    @Override
    public Backend create(Device device) {
        return this;
    }

    @Override
    public Device device() {
        return DEVICE;
    }

    @Override
    public Buffer allocate(long bytes) {
        return new Memory(Arena.ofAuto().allocate(bytes, 64));
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        throw new UnsupportedOperationException(op.opName());
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        COPIED_BY.add(Thread.currentThread().getName());
        MemorySegment.copy(source, 0, ((Memory) target).segment, byteOffset, source.byteSize());
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        MemorySegment.copy(((Memory) source).segment, byteOffset, target, 0, target.byteSize());
    }

    @Override
    public void synchronize() {
        // nothing runs
    }

    @Override
    public BackendInfo describe() {
        return new BackendInfo("fake-gpu", "memory", Map.of());
    }
}
