package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.cublas.CublasBindings;

/** What a cuBLASLt product does with its result before it stores it. */
public enum Epilogue {
    /** Nothing. */
    NONE(CublasBindings.CUBLASLT_EPILOGUE_DEFAULT()),
    /** Adds a vector to every column. */
    BIAS(CublasBindings.CUBLASLT_EPILOGUE_BIAS()),
    /** ReLU. */
    RELU(CublasBindings.CUBLASLT_EPILOGUE_RELU()),
    /** Bias, then ReLU. */
    RELU_BIAS(CublasBindings.CUBLASLT_EPILOGUE_RELU_BIAS());

    private final int code;

    Epilogue(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
