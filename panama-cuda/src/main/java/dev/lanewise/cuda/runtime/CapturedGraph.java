package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Graph;
import dev.lanewise.cuda.api.Driver.GraphExec;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.tensor.TensorException;

/**
 * Work that was recorded once and is replayed with one launch. The memory that it reads and writes must stay in place,
 * and it does the same as when it was recorded: no shape may differ, and nothing may be read back while it is recorded.
 */
public final class CapturedGraph implements AutoCloseable {
    private final Driver driver;
    private final GraphExec exec;
    private boolean closed;

    private CapturedGraph(Driver driver, GraphExec exec) {
        this.driver = driver;
        this.exec = exec;
    }

    /**
     * Records what {@code work} queues on {@code stream}. It is not run.
     *
     * @throws TensorException if the work cannot be recorded; the stream is then usable as before
     */
    public static CapturedGraph record(Driver driver, Stream stream, Runnable work) {
        driver.beginCapture(stream);
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            abandon(driver, stream, e);
            throw e;
        }
        Graph graph = end(driver, stream);
        try {
            return new CapturedGraph(driver, driver.instantiate(graph));
        } finally {
            driver.destroy(graph);
        }
    }

    private static Graph end(Driver driver, Stream stream) {
        try {
            return driver.endCapture(stream);
        } catch (CudaException e) {
            throw new TensorException(
                    "graph capture: the work did something that cannot be recorded, such as reading a value back ("
                            + e.getMessage() + "); keep values on the device, or run it without graphs",
                    e);
        }
    }

    /** Ends the capture, which goes on until ended, whatever happened. */
    private static void abandon(Driver driver, Stream stream, Throwable reason) {
        if (driver.captureStatus(stream) == Driver.CaptureStatus.NONE) {
            return;
        }
        try {
            driver.destroy(driver.endCapture(stream));
        } catch (CudaException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Queues all of it on {@code stream}.
     *
     * @throws IllegalStateException once closed
     */
    public void replay(Stream stream) {
        if (closed) {
            throw new IllegalStateException("graph: it has been closed; record the step again");
        }
        driver.launch(exec, stream);
    }

    /** Frees the graph; the second time does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            driver.destroy(exec);
        }
    }
}
