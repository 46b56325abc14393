package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.tensor.TensorException;
import java.io.Serial;
import java.util.Set;

/**
 * A call into one of NVIDIA's libraries failed, or its library is missing. The message names the call and the status.
 */
public final class CudaException extends TensorException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Errors of kernels or devices from which the driver does not recover. */
    private static final Set<String> FINAL = Set.of(
            "CUDA_ERROR_ILLEGAL_ADDRESS",
            "CUDA_ERROR_MISALIGNED_ADDRESS",
            "CUDA_ERROR_INVALID_ADDRESS_SPACE",
            "CUDA_ERROR_INVALID_PC",
            "CUDA_ERROR_ILLEGAL_INSTRUCTION",
            "CUDA_ERROR_HARDWARE_STACK_ERROR",
            "CUDA_ERROR_LAUNCH_FAILED",
            "CUDA_ERROR_LAUNCH_TIMEOUT",
            "CUDA_ERROR_ASSERT",
            "CUDA_ERROR_ECC_UNCORRECTABLE",
            "CUDA_ERROR_NVLINK_UNCORRECTABLE",
            "CUDA_ERROR_CONTEXT_IS_DESTROYED",
            "CUDA_ERROR_DEINITIALIZED",
            "CUDA_ERROR_UNKNOWN");

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
     * @param explanation the library's explanation; may be empty
     */
    public static CudaException failed(String call, int status, String statusName, String explanation) {
        String message = call + ": " + statusName + " (" + status + ")";
        return new CudaException(
                explanation.isBlank() ? message : message + ": " + explanation.strip(), call, status, statusName);
    }

    /** An error for a missing library; the message lists every place searched. */
    public static CudaException missing(LibraryStatus.Missing library) {
        return new CudaException(library.describe(), "open " + library.library().title(), -1, "missing");
    }

    /**
     * This error with what was being computed in front of it, and what to do behind it.
     *
     * @param operation the operation with its shapes, such as {@code matmul [64, 784] x [784, 128]}
     */
    public CudaException during(String operation) {
        String remedy = isFinal()
                ? "the device can't be used by this process any more: start it again"
                : "use other sizes or another type, or compute it on Device.CPU";
        return new CudaException(operation + ": " + getMessage() + "; " + remedy, this);
    }

    /** Whether nothing can be done with the device any more: every later call of the process fails like this one. */
    public boolean isFinal() {
        return FINAL.contains(statusName);
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
