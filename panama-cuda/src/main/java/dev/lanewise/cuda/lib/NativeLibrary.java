package dev.lanewise.cuda.lib;

import java.util.List;

/** A library of NVIDIA's: its names, which versions are suitable, and what is opened before it. */
public enum NativeLibrary {
    /** The driver's own library. It comes with the driver, never with a toolkit, so only the loader knows it. */
    DRIVER("CUDA driver", List.of("libcuda.so.1"), List.of(), VersionQuery.DRIVER, "install NVIDIA's driver"),

    /** The run-time compiler of CUDA C. */
    NVRTC(
            "NVRTC",
            List.of("libnvrtc.so.13", "libnvrtc.so.12"),
            List.of("libnvrtc.so.11.2"),
            VersionQuery.NVRTC,
            "install a CUDA 12 or 13 toolkit, or the wheel nvidia-cuda-nvrtc"),

    /** Matrix products with fused epilogues. */
    CUBLAS_LT(
            "cuBLASLt",
            List.of("libcublasLt.so.13", "libcublasLt.so.12"),
            List.of("libcublasLt.so.11"),
            VersionQuery.CUBLAS_LT,
            "install a CUDA 12 or 13 toolkit, or the wheel nvidia-cublas"),

    /** The BLAS. */
    CUBLAS(
            "cuBLAS",
            List.of("libcublas.so.13", "libcublas.so.12"),
            List.of("libcublas.so.11"),
            VersionQuery.CUBLAS,
            "install a CUDA 12 or 13 toolkit, or the wheel nvidia-cublas"),

    /** Convolution, pooling, normalization, recurrent networks and attention. */
    CUDNN(
            "cuDNN",
            List.of("libcudnn.so.9"),
            List.of("libcudnn.so.8", "libcudnn.so.7"),
            VersionQuery.CUDNN,
            "install cuDNN 9, or the wheel nvidia-cudnn-cu13 or nvidia-cudnn-cu12"),

    /** Collectives between GPUs. */
    NCCL(
            "NCCL",
            List.of("libnccl.so.2"),
            List.of(),
            VersionQuery.NCCL,
            "install NCCL 2, or the wheel nvidia-nccl-cu13 or nvidia-nccl-cu12");

    private final String title;
    private final List<String> sonames;
    private final List<String> otherSonames;
    private final VersionQuery versionQuery;
    private final String remedy;

    NativeLibrary(
            String title, List<String> sonames, List<String> otherSonames, VersionQuery versionQuery, String remedy) {
        this.title = title;
        this.sonames = sonames;
        this.otherSonames = otherSonames;
        this.versionQuery = versionQuery;
        this.remedy = remedy;
    }

    /** The name people know it by, such as {@code cuBLASLt}. */
    public String title() {
        return title;
    }

    /** The sonames of suitable versions, newest first. */
    public List<String> sonames() {
        return sonames;
    }

    /** Sonames of unsuitable versions, searched for only to report them. */
    public List<String> otherSonames() {
        return otherSonames;
    }

    /** What to do if this library is missing. */
    public String remedy() {
        return remedy;
    }

    VersionQuery versionQuery() {
        return versionQuery;
    }

    /** Whether a CUDA toolkit or NVIDIA's wheels may hold it; the driver's library comes with the driver only. */
    boolean comesWithToolkit() {
        return this != DRIVER;
    }

    /**
     * The libraries opened first, so that the loader finds them by soname when this one asks for them: cuDNN does so in
     * the middle of a call, without using our search path.
     */
    public List<NativeLibrary> opensAfter() {
        return switch (this) {
            case DRIVER, NVRTC, CUBLAS_LT, NCCL -> List.of();
            case CUBLAS -> List.of(CUBLAS_LT);
            case CUDNN -> List.of(NVRTC, CUBLAS_LT, CUBLAS);
        };
    }

    /** The symbols of this library, and of those opened with it; opens nothing until one is requested. */
    public LazyLookup lookup() {
        return new LazyLookup(this);
    }
}
