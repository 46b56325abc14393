package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.tensor.TensorException;
import java.io.Serial;

/** A call into one of NVIDIA's libraries failed, or its library is missing. The message names the call and the status. */
public final class CudaException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int status;
    private final String statusName;

    private CudaException(String message, String call, int status, String statusName) {
        super(message);
        this.call = call;
        this.status = status;
        this.statusName = statusName;
    }

    private CudaException(String message, CudaException cause) {
        super(message, cause);
        this.call = cause.call;
        this.status = cause.status;
        this.statusName = cause.statusName;
    }

    /**
     * An error for a call that returned a status other than success.
     *
     * @param call the function, such as {@code cuMemAllocAsync}
     * @param status what it returned
     * @param statusName the status's name, such as {@code CUDA_ERROR_OUT_OF_MEMORY}
     * @param explanation what the library says of it; may be empty
     */
    public static CudaException failed(String call, int status, String statusName, String explanation) {
        String message = call + ": " + statusName + " (" + status + ")";
        return new CudaException(
                explanation.isBlank() ? message : message + ": " + explanation.strip(), call, status, statusName);
    }

    /** An error for a library that is not there; the message lists every place looked. */
    public static CudaException missing(LibraryStatus.Missing library) {
        return new CudaException(library.describe(), "open " + library.library().title(), -1, "missing");
    }

    /**
     * This error with what was being computed in front of it.
     *
     * @param operation the operation with its shapes, such as {@code matmul [64, 784] x [784, 128]}
     */
    public CudaException during(String operation) {
        return new CudaException(operation + ": " + getMessage(), this);
    }

    /** The function that failed. */
    public String call() {
        return call;
    }

    /** The status it returned; -1 where no call was made. */
    public int status() {
        return status;
    }

    /** The name of the status. */
    public String statusName() {
        return statusName;
    }
}
