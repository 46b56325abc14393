package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Products of matrices. */
public final class MatrixOps {
    private MatrixOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "MatMul" ->
                c -> {
                    c.sameType(0, 1);
                    return c.same(matmul(c.x(), c.x(1)));
                };
            case "Gemm" -> c -> c.same(gemm(c));
            case "Einsum" -> c -> c.same(einsum(c));
            case "Det" -> c -> c.same(c.x().det());
            default -> null;
        };
    }

    /** Whole numbers are multiplied as doubles, which are exact up to 2^53. */
    public static Tensor matmul(Tensor a, Tensor b) {
        return a.dtype().isFloating()
                ? a.matmul(b)
                : a.to(DType.F64).matmul(b.to(DType.F64)).to(a.dtype());
    }

    private static Tensor gemm(Call c) {
        Tensor a = c.x();
        Tensor b = c.x(1);
        Tensor bias = c.maybe(2);
        double alpha = c.f("alpha", 1);
        double beta = c.f("beta", 1);
        boolean real = a.dtype().isFloating();
        Tensor left = c.flag("transA", false) ? a.transpose() : a;
        if (real
                && alpha == 1
                && beta == 1
                && bias != null
                && bias.shape().rank() == 1
                && bias.shape().size(0) == b.shape().size(c.flag("transB", false) ? 0 : 1)) {
            return left.linear(c.flag("transB", false) ? b : b.transpose(), bias);
        }
        Tensor product = matmul(left, c.flag("transB", false) ? b.transpose() : b);
        Tensor scaled = alpha == 1
                ? product
                : real ? product.mul(alpha) : product.to(DType.F64).mul(alpha).to(a.dtype());
        if (bias == null || beta == 0) {
            return scaled;
        }
        Tensor added = beta == 1
                ? bias
                : real ? bias.mul(beta) : bias.to(DType.F64).mul(beta).to(a.dtype());
        return scaled.add(added);
    }

    private static Tensor einsum(Call c) {
        Tensor[] operands = c.all().toArray(Tensor[]::new);
        return Tensor.einsum(c.s("equation", "").replace(" ", ""), operands);
    }
}
