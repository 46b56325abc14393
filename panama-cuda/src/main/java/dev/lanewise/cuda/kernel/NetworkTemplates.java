package dev.lanewise.cuda.kernel;

import dev.lanewise.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Programs around the layers of networks, for what cuBLASLt and cuDNN leave to others. */
public final class NetworkTemplates {
    private static final String LINES = KernelTemplates.read("lines.cu");
    private static final String PRODUCT = LINES + KernelTemplates.read("product.cu");
    private static final String POOL = LINES + KernelTemplates.read("pool.cu");
    private static final String BATCH_NORM = LINES + KernelTemplates.read("batch_norm.cu");
    private static final String ATTENTION = KernelTemplates.read("attention.cu");
    private static final String WIDE_ATTENTION = KernelTemplates.read("attention_fma.cu") + ATTENTION;
    private static final String NARROW_ATTENTION = KernelTemplates.read("attention_mma.cu") + ATTENTION;

    private NetworkTemplates() {}

    /** Matrix products of any type and strides; bias and activation of products and convolutions. */
    public static KernelSource product(DType dtype) {
        return program("product", dtype, PRODUCT, "product", "finish");
    }

    /** Pooling and its gradients. */
    public static KernelSource pool(DType dtype) {
        return program(
                "pool", dtype, POOL, "max_pool", "max_pool_grad", "max_pool_grad_strays", "avg_pool", "avg_pool_grad");
    }

    /** Batch normalization and its gradients. */
    public static KernelSource batchNorm(DType dtype) {
        return program(
                "batch_norm",
                dtype,
                BATCH_NORM,
                "moments",
                "statistics",
                "normalize",
                "gradient_sums",
                "gradient_affine",
                "gradient_input");
    }

    /**
     * Attention and its gradients: 16-bit types on tensor cores, where BF16 needs compute capability 8.0.
     *
     * @param width the maximum number of columns of queries, keys and values: 32, 64 or 128
     */
    public static KernelSource attention(int width, DType dtype) {
        Map<String, String> definitions = definitions(dtype);
        definitions.put("WIDTH", Integer.toString(width));
        boolean narrow = dtype.bytes() == 2;
        if (narrow) {
            definitions.put("MMA", '"' + KernelTemplates.type(dtype) + '"');
        }
        return KernelTemplates.program(
                "attention_" + width + KernelTemplates.suffix(dtype, dtype),
                definitions,
                narrow ? NARROW_ATTENTION : WIDE_ATTENTION,
                List.of("attention", "attention_grad_queries", "attention_grad_keys_values"));
    }

    private static Map<String, String> definitions(DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("T", KernelTemplates.type(dtype));
        definitions.put("ACC", accumulator(dtype));
        return definitions;
    }

    private static KernelSource program(String name, DType dtype, String template, String... kernels) {
        return KernelTemplates.program(
                name + KernelTemplates.suffix(dtype, dtype), definitions(dtype), template, List.of(kernels));
    }

    private static String accumulator(DType dtype) {
        return switch (dtype) {
            case F64 -> "double";
            case F32, F16, BF16 -> "float";
            case I8, U8, I32, I64, BOOL -> "i64";
        };
    }
}
