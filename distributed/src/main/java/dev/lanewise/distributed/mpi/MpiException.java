package dev.lanewise.distributed.mpi;

import java.io.IOException;
import java.io.Serial;

/** MPI is missing, was started in a way that can't work, or a call of it failed. */
public final class MpiException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    MpiException(String message) {
        super(message);
    }
}
