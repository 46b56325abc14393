package dev.lanewise.distributed.mpi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of MPI that are used, on bytes and the communicator that was made by {@link #duplicateWorld}. Those that return a
 * number return MPI's error code, 0 for none.
 */
interface MpiCalls {
    /** Starts MPI, such that calls may come from any thread, one at a time; false if this library can't. */
    int start(MemorySegment provided);

    /** The least number that {@link #start} must provide. */
    int serialized();

    /** Makes the communicator, whose errors are returned as codes. */
    int duplicateWorld();

    int rank(MemorySegment rank);

    int size(MemorySegment size);

    int send(MemorySegment data, int to, int tag, MemorySegment request);

    int receive(MemorySegment data, int from, int tag, MemorySegment request);

    int test(MemorySegment request, MemorySegment flag);

    int cancel(MemorySegment request);

    int errorText(int code, MemorySegment text, MemorySegment length);

    int mostErrorText();

    int version(MemorySegment text, MemorySegment length);

    int mostVersion();

    int abort(int code);

    int finish();
}
