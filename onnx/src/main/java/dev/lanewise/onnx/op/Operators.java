package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Operator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The table of operators, one row per operator, in parts. A row is made when a model asks for it: each costs a fresh process time,
 * and most models need few.
 */
public final class Operators {
    private static final int PARTS = 20;

    private static final Map<String, Operator> KNOWN = new ConcurrentHashMap<>();

    private Operators() {}

    /** The operator of a name, with its domain unless that is ONNX's own, or null. */
    public static @Nullable Operator find(String key) {
        Operator operator = KNOWN.get(key);
        for (int part = 0; operator == null && part < PARTS; part++) {
            operator = find(part, key);
            if (operator != null) {
                KNOWN.put(key, operator);
            }
        }
        return operator;
    }

    private static @Nullable Operator find(int part, String key) {
        return switch (part) {
            case 0 -> ElementwiseOps.find(key);
            case 1 -> ArithmeticOps.find(key);
            case 2 -> ShapeOps.find(key);
            case 3 -> IndexOps.find(key);
            case 4 -> MatrixOps.find(key);
            case 5 -> NormalizationOps.find(key);
            case 6 -> ConvolutionOps.find(key);
            case 7 -> PoolingOps.find(key);
            case 8 -> CreationOps.find(key);
            case 9 -> ReductionOps.find(key);
            case 10 -> QuantizationOps.find(key);
            case 11 -> ControlOps.find(key);
            case 12 -> AttentionOps.find(key);
            case 13 -> RecurrentOps.find(key);
            case 14 -> ImageOps.find(key);
            case 15 -> TabularOps.find(key);
            case 16 -> TreeOps.find(key);
            case 17 -> TextOps.find(key);
            case 18 -> LossOps.find(key);
            default -> SignalOps.find(key);
        };
    }
}
