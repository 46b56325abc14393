package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.nccl.NcclBindings;
import dev.lanewise.cuda.generated.nccl.ncclUniqueId;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Nccl} on the generated bindings. */
final class NativeNccl implements Nccl {
    NativeNccl() {}

    private static void check(String call, int status) {
        if (status != NcclBindings.ncclSuccess()) {
            String text = Scratch.text(NcclBindings.ncclGetErrorString(status));
            throw CudaException.failed(
                    call, status, text, Scratch.text(NcclBindings.ncclGetLastError(MemorySegment.NULL)));
        }
    }

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.NCCL).version();
    }

    @Override
    public byte[] uniqueId() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment id = ncclUniqueId.allocate(arena);
            check("ncclGetUniqueId", NcclBindings.ncclGetUniqueId(id));
            return id.toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
