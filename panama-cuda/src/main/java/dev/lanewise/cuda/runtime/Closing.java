package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.CudaException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Closes a device step by step: a step that fails is logged and affects only its own handles. */
final class Closing {
    private static final Logger LOGGER = System.getLogger(Closing.class.getName());

    private boolean over;

    /** Runs a step, unless an earlier one found the device lost. */
    void step(String what, Runnable work) {
        if (over) {
            return;
        }
        try {
            work.run();
        } catch (RuntimeException e) {
            over = e instanceof CudaException failure && failure.isFinal();
            LOGGER.log(Level.WARNING, "closing a GPU: {0}: {1}", what, e.getMessage());
        }
    }
}
