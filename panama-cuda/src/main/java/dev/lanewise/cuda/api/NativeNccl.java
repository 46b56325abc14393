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
        if (status != NcclBindings.ncclSuccess() && status != NcclBindings.ncclInProgress()) {
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

    @Override
    public Comm join(byte[] uniqueId, int size, int rank) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment id = ncclUniqueId.allocate(arena);
            id.copyFrom(MemorySegment.ofArray(uniqueId));
            MemorySegment comm = arena.allocate(ValueLayout.ADDRESS);
            check("ncclCommInitRank", NcclBindings.ncclCommInitRank(comm, size, id, rank));
            return new Comm(comm.get(ValueLayout.ADDRESS, 0));
        }
    }

    @Override
    public void allReduce(Comm comm, long address, long count, DataType type, Driver.Stream stream) {
        MemorySegment data = MemorySegment.ofAddress(address);
        check(
                "ncclAllReduce",
                NcclBindings.ncclAllReduce(
                        data, data, count, type.ncclCode(), NcclBindings.ncclSum(), comm.address(), stream.address()));
    }

    @Override
    public void broadcast(Comm comm, long address, long bytes, int root, Driver.Stream stream) {
        MemorySegment data = MemorySegment.ofAddress(address);
        check(
                "ncclBroadcast",
                NcclBindings.ncclBroadcast(
                        data, data, bytes, NcclBindings.ncclUint8(), root, comm.address(), stream.address()));
    }

    @Override
    public void check(Comm comm) {
        MemorySegment status = Scratch.get();
        check("ncclCommGetAsyncError", NcclBindings.ncclCommGetAsyncError(comm.address(), status));
        check("ncclCommGetAsyncError", Scratch.readInt(status));
    }

    @Override
    public void abort(Comm comm) {
        check("ncclCommAbort", NcclBindings.ncclCommAbort(comm.address()));
    }
}
