package dev.lanewise.distributed;

import dev.lanewise.distributed.mpi.Mpi;
import dev.lanewise.distributed.mpi.Mpi.Request;
import dev.lanewise.distributed.mpi.MpiException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A rank's neighbours in MPI. */
final class MpiLinks implements Links {
    private final Mpi mpi;
    private final int next;
    private final int previous;
    private final int tag;
    // MPI may still write there after a failure
    private final List<Request> abandoned = new ArrayList<>();
    private volatile boolean closed;

    MpiLinks(Mpi mpi, int tag) {
        this.mpi = mpi;
        this.tag = tag;
        next = (mpi.rank() + 1) % mpi.size();
        previous = (mpi.rank() + mpi.size() - 1) % mpi.size();
    }

    @Override
    public void exchange(MemorySegment out, MemorySegment in) throws IOException {
        List<Request> open = new ArrayList<>(2);
        try {
            if (in.byteSize() > 0) {
                open.add(mpi.receive(in, previous, tag));
            }
            if (out.byteSize() > 0) {
                open.add(mpi.send(out, next, tag));
            }
            await(open);
        } catch (IOException e) {
            abandon(open);
            throw e;
        }
    }

    /** MPI's own waiting takes a processor that training needs. */
    private void await(List<Request> open) throws IOException {
        Backoff backoff = new Backoff();
        while (!areComplete(open)) {
            if (closed) {
                throw new IOException("the connections were closed");
            }
            backoff.pause();
        }
    }

    private boolean areComplete(List<Request> open) throws MpiException {
        boolean complete = true;
        for (Request request : open) {
            complete &= mpi.isComplete(request);
        }
        return complete;
    }

    private void abandon(List<Request> open) {
        abandoned.addAll(open);
        try {
            if (!open.isEmpty()) {
                mpi.cancel(open.getFirst());
            }
        } catch (MpiException e) {
            // the communication has failed in any case
            return;
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
