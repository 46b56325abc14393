package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Nvrtc;

/**
 * The libraries that drive a device; stand-ins can replace the real ones.
 *
 * @param driver memory, streams and launches
 * @param nvrtc compiles kernels
 * @param cublasLt matrix products
 * @param cublas factorizations of small matrices
 * @param cudnn convolution and recurrent layers
 */
public record CudaLibraries(Driver driver, Nvrtc nvrtc, CublasLt cublasLt, Cublas cublas, Cudnn cudnn) {
    /**
     * The libraries of this machine.
     *
     * @throws dev.lanewise.cuda.api.CudaException if one is missing, with every place searched
     */
    public static CudaLibraries open() {
        return new CudaLibraries(Driver.open(), Nvrtc.open(), CublasLt.open(), Cublas.open(), Cudnn.open());
    }
}
