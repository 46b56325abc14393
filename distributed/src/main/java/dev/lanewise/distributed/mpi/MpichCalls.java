package dev.lanewise.distributed.mpi;

import dev.lanewise.distributed.mpi.generated.mpich.MpichBindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** MPICH and what shares its binary interface (Intel MPI, MVAPICH, Cray MPICH), whose handles are numbers. */
final class MpichCalls implements MpiCalls {
    private int communicator;

    @Override
    public int start(MemorySegment provided) {
        return MpichBindings.MPI_Init_thread(MemorySegment.NULL, MemorySegment.NULL, serialized(), provided);
    }

    @Override
    public int serialized() {
        return MpichBindings.MPI_THREAD_SERIALIZED();
    }

    @Override
    public int duplicateWorld() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ValueLayout.JAVA_INT);
            int code = MpichBindings.MPI_Comm_dup(MpichBindings.MPI_COMM_WORLD(), handle);
            communicator = handle.get(ValueLayout.JAVA_INT, 0);
            return code != MpichBindings.MPI_SUCCESS()
                    ? code
                    : MpichBindings.MPI_Comm_set_errhandler(communicator, MpichBindings.MPI_ERRORS_RETURN());
        }
    }

    @Override
    public int rank(MemorySegment rank) {
        return MpichBindings.MPI_Comm_rank(MpichBindings.MPI_COMM_WORLD(), rank);
    }

    @Override
    public int size(MemorySegment size) {
        return MpichBindings.MPI_Comm_size(MpichBindings.MPI_COMM_WORLD(), size);
    }

    @Override
    public int send(MemorySegment data, int to, int tag, MemorySegment request) {
        return MpichBindings.MPI_Isend(
                data, Math.toIntExact(data.byteSize()), MpichBindings.MPI_BYTE(), to, tag, communicator, request);
    }

    @Override
    public int receive(MemorySegment data, int from, int tag, MemorySegment request) {
        return MpichBindings.MPI_Irecv(
                data, Math.toIntExact(data.byteSize()), MpichBindings.MPI_BYTE(), from, tag, communicator, request);
    }

    @Override
    public int test(MemorySegment request, MemorySegment flag) {
        return MpichBindings.MPI_Test(request, flag, MpichBindings.MPI_STATUS_IGNORE());
    }

    @Override
    public int cancel(MemorySegment request) {
        return MpichBindings.MPI_Cancel(request);
    }

    @Override
    public int errorText(int code, MemorySegment text, MemorySegment length) {
        return MpichBindings.MPI_Error_string(code, text, length);
    }

    @Override
    public int mostErrorText() {
        return MpichBindings.MPI_MAX_ERROR_STRING();
    }

    @Override
    public int version(MemorySegment text, MemorySegment length) {
        return MpichBindings.MPI_Get_library_version(text, length);
    }

    @Override
    public int mostVersion() {
        return MpichBindings.MPI_MAX_LIBRARY_VERSION_STRING();
    }

    @Override
    public int abort(int code) {
        return MpichBindings.MPI_Abort(MpichBindings.MPI_COMM_WORLD(), code);
    }

    @Override
    public int finish() {
        return MpichBindings.MPI_Finalize();
    }
}
