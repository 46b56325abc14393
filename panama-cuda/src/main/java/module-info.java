/** The CUDA backend, on the Foreign Function and Memory API; it is found as a service. */
module dev.lanewise.cuda {
    requires transitive dev.lanewise.tensor;
    requires static org.jspecify;

    exports dev.lanewise.cuda;

    provides dev.lanewise.tensor.spi.BackendProvider with
            dev.lanewise.cuda.CudaBackendProvider;
}
