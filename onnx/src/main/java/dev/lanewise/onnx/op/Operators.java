package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Operator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The table of operators, one row per operator. Its parts are filled one after the other when an operator is not in those before:
 * most models need the first ones alone, and each row costs a fresh process time.
 */
public final class Operators {
    private static final int PARTS = 20;

    private static final Map<String, Operator> ALL = new TreeMap<>();

    private static int filled;

    private Operators() {}

    /** The operator of a name, with its domain unless that is ONNX's own, or null. */
    public static synchronized @Nullable Operator find(String key) {
        Operator operator = ALL.get(key);
        while (operator == null && filled < PARTS) {
            fill(filled);
            filled++;
            operator = ALL.get(key);
        }
        return operator;
    }

    private static void fill(int part) {
        switch (part) {
            case 0 -> ElementwiseOps.register(ALL);
            case 1 -> ArithmeticOps.register(ALL);
            case 2 -> ShapeOps.register(ALL);
            case 3 -> IndexOps.register(ALL);
            case 4 -> MatrixOps.register(ALL);
            case 5 -> NormalizationOps.register(ALL);
            case 6 -> ConvolutionOps.register(ALL);
            case 7 -> PoolingOps.register(ALL);
            case 8 -> CreationOps.register(ALL);
            case 9 -> ReductionOps.register(ALL);
            case 10 -> QuantizationOps.register(ALL);
            case 11 -> ControlOps.register(ALL);
            case 12 -> AttentionOps.register(ALL);
            case 13 -> RecurrentOps.register(ALL);
            case 14 -> ImageOps.register(ALL);
            case 15 -> TabularOps.register(ALL);
            case 16 -> TreeOps.register(ALL);
            case 17 -> TextOps.register(ALL);
            case 18 -> LossOps.register(ALL);
            default -> SignalOps.register(ALL);
        }
    }
}
