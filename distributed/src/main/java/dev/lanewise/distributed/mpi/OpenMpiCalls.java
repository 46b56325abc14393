package dev.lanewise.distributed.mpi;

import dev.lanewise.distributed.mpi.generated.openmpi.OpenMpiBindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Open MPI, whose handles are addresses: those that exist from the start are symbols of the library. */
final class OpenMpiCalls implements MpiCalls {
    // mpi.h has them as casts of addresses, which jextract leaves out
    private static final MemorySegment WORLD = MpiSymbols.OPENED.findOrThrow("ompi_mpi_comm_world");
    private static final MemorySegment BYTE = MpiSymbols.OPENED.findOrThrow("ompi_mpi_byte");
    private static final MemorySegment ERRORS_RETURN = MpiSymbols.OPENED.findOrThrow("ompi_mpi_errors_return");

    private MemorySegment communicator = MemorySegment.NULL;

    @Override
    public int start(MemorySegment provided) {
        return OpenMpiBindings.MPI_Init_thread(MemorySegment.NULL, MemorySegment.NULL, serialized(), provided);
    }

    @Override
    public int serialized() {
        return OpenMpiBindings.MPI_THREAD_SERIALIZED();
    }

    @Override
    public int duplicateWorld() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ValueLayout.ADDRESS);
            int code = OpenMpiBindings.MPI_Comm_dup(WORLD, handle);
            communicator = handle.get(ValueLayout.ADDRESS, 0);
            return code != OpenMpiBindings.MPI_SUCCESS()
                    ? code
                    : OpenMpiBindings.MPI_Comm_set_errhandler(communicator, ERRORS_RETURN);
        }
    }

    @Override
    public int rank(MemorySegment rank) {
        return OpenMpiBindings.MPI_Comm_rank(WORLD, rank);
    }

    @Override
    public int size(MemorySegment size) {
        return OpenMpiBindings.MPI_Comm_size(WORLD, size);
    }

    @Override
    public int send(MemorySegment data, int to, int tag, MemorySegment request) {
        return OpenMpiBindings.MPI_Isend(data, Math.toIntExact(data.byteSize()), BYTE, to, tag, communicator, request);
    }

    @Override
    public int receive(MemorySegment data, int from, int tag, MemorySegment request) {
        return OpenMpiBindings.MPI_Irecv(
                data, Math.toIntExact(data.byteSize()), BYTE, from, tag, communicator, request);
    }

    @Override
    public int test(MemorySegment request, MemorySegment flag) {
        return OpenMpiBindings.MPI_Test(request, flag, OpenMpiBindings.MPI_STATUS_IGNORE());
    }

    @Override
    public int cancel(MemorySegment request) {
        return OpenMpiBindings.MPI_Cancel(request);
    }

    @Override
    public int errorText(int code, MemorySegment text, MemorySegment length) {
        return OpenMpiBindings.MPI_Error_string(code, text, length);
    }

    @Override
    public int mostErrorText() {
        return OpenMpiBindings.MPI_MAX_ERROR_STRING();
    }

    @Override
    public int version(MemorySegment text, MemorySegment length) {
        return OpenMpiBindings.MPI_Get_library_version(text, length);
    }

    @Override
    public int mostVersion() {
        return OpenMpiBindings.MPI_MAX_LIBRARY_VERSION_STRING();
    }

    @Override
    public int abort(int code) {
        return OpenMpiBindings.MPI_Abort(WORLD, code);
    }

    @Override
    public int finish() {
        return OpenMpiBindings.MPI_Finalize();
    }
}
