package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Operator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The table of operators, one row per operator. */
public final class Operators {
    private static final Map<String, Operator> ALL = new TreeMap<>();

    static {
        ElementwiseOps.register(ALL);
        ArithmeticOps.register(ALL);
        ReductionOps.register(ALL);
        ShapeOps.register(ALL);
        IndexOps.register(ALL);
        CreationOps.register(ALL);
        MatrixOps.register(ALL);
        NormalizationOps.register(ALL);
        ConvolutionOps.register(ALL);
        PoolingOps.register(ALL);
        ImageOps.register(ALL);
        RecurrentOps.register(ALL);
        AttentionOps.register(ALL);
        QuantizationOps.register(ALL);
        ControlOps.register(ALL);
        TabularOps.register(ALL);
        TreeOps.register(ALL);
        TextOps.register(ALL);
        LossOps.register(ALL);
        SignalOps.register(ALL);
    }

    private Operators() {}

    public static @Nullable Operator find(String key) {
        return ALL.get(key);
    }
}
