package dev.lanewise.distributed;

import dev.lanewise.tensor.TensorException;
import java.io.Serial;

/** A rank was lost, or ranks made different calls: training can go on from the last checkpoint in new processes. */
public final class CommunicationException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    CommunicationException(String message) {
        super(message);
    }

    CommunicationException(String message, Throwable cause) {
        super(message, cause);
    }
}
