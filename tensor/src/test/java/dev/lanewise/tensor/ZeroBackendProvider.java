package dev.lanewise.tensor;

import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** A CPU whose every result is zeros: enough for what does not depend on elements. The real ones are other modules'. */
public final class ZeroBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "zero";
    }

    @Override
    public Device.Kind kind() {
        return Device.Kind.CPU;
    }

    @Override
    public int priority() {
        return Integer.MIN_VALUE;
    }

    @Override
    public Availability availability() {
        return new Availability.Available();
    }

    @Override
    public List<Device> devices() {
        return List.of(Device.CPU);
    }

    @Override
    public Backend create(Device device) {
        return new ZeroBackend();
    }

    private static final class ZeroBackend implements Backend {
        @Override
        public Device device() {
            return Device.CPU;
        }

        @Override
        public Buffer allocate(long bytes) {
            return HostMemory.allocate(bytes);
        }

        @Override
        public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
            for (Tensor output : outputs) {
                ((HostBuffer) Storage.buffer(output)).segment().fill((byte) 0);
            }
        }

        @Override
        public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
            ((HostBuffer) target)
                    .segment()
                    .asSlice(byteOffset, source.byteSize())
                    .copyFrom(source);
        }

        @Override
        public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
            target.copyFrom(((HostBuffer) source).segment().asSlice(byteOffset, target.byteSize()));
        }

        @Override
        public void synchronize() {
            // every operation has finished when execute returns
        }

        @Override
        public BackendInfo describe() {
            return new BackendInfo("zero", "zeros for tests", Map.of());
        }
    }
}
