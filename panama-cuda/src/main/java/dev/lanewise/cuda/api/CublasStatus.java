package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;

/** cuBLAS and cuBLASLt share their statuses. */
final class CublasStatus {
    private CublasStatus() {}

    static void check(String call, int status) {
        if (status != CublasBindings.CUBLAS_STATUS_SUCCESS()) {
            throw CudaException.failed(call, status, name(status), "");
        }
    }

    /** Only cuBLAS itself knows the names; cuBLASLt's text for a status is its name too. */
    private static String name(int status) {
        return switch (NativeLibraries.status(NativeLibrary.CUBLAS)) {
            case LibraryStatus.Found found -> Scratch.text(CublasBindings.cublasGetStatusName(status));
            case LibraryStatus.Missing missing -> Scratch.text(CublasBindings.cublasLtGetStatusString(status));
        };
    }
}
