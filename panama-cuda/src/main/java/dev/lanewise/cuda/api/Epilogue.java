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
    RELU_BIAS(CublasBindings.CUBLASLT_EPILOGUE_RELU_BIAS()),
    /** Bias, then ReLU; which elements were positive is stored as a bit mask. */
    RELU_AUX_BIAS(CublasBindings.CUBLASLT_EPILOGUE_RELU_AUX_BIAS()),
    /** GELU (its tanh approximation). */
    GELU(CublasBindings.CUBLASLT_EPILOGUE_GELU()),
    /** Bias, then GELU. */
    GELU_BIAS(CublasBindings.CUBLASLT_EPILOGUE_GELU_BIAS()),
    /** Bias, then GELU; what GELU was applied to is stored. */
    GELU_AUX_BIAS(CublasBindings.CUBLASLT_EPILOGUE_GELU_AUX_BIAS()),
    /** The gradient of ReLU by the stored bit mask, and of the bias. */
    RELU_GRAD_BIAS_GRAD(CublasBindings.CUBLASLT_EPILOGUE_DRELU_BGRAD()),
    /** The gradient of GELU by the stored input, and of the bias. */
    GELU_GRAD_BIAS_GRAD(CublasBindings.CUBLASLT_EPILOGUE_DGELU_BGRAD()),
    /** Sums the first operand over k into the bias gradient. */
    BIAS_GRAD_A(CublasBindings.CUBLASLT_EPILOGUE_BGRADA()),
    /** Sums the second operand over k into the bias gradient. */
    BIAS_GRAD_B(CublasBindings.CUBLASLT_EPILOGUE_BGRADB());

    private final int code;

    Epilogue(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
