package dev.lanewise.tensor;

import java.io.Serial;

/** No backend serves the device that was asked for. The message says why, and what to do. */
public final class BackendUnavailableException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * An error that says why no backend serves a device.
     *
     * @param message operation, what was found, what was expected and what to do, in one line
     */
    public BackendUnavailableException(String message) {
        super(message);
    }
}
