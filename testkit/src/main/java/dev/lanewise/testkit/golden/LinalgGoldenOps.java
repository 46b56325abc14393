package dev.lanewise.testkit.golden;

import dev.lanewise.tensor.Fourier;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.MatrixMethods.Eigh;
import dev.lanewise.tensor.MatrixMethods.Lu;
import dev.lanewise.tensor.MatrixMethods.MatrixNorm;
import dev.lanewise.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adapters from reference cases to decompositions, norms and transforms. */
final class LinalgGoldenOps {
    private LinalgGoldenOps() {}

    static Map<String, GoldenOp> ops() {
        Map<String, GoldenOp> ops = new HashMap<>();
        ops.put("lu", (in, a) -> {
            Lu lu = x(in).lu();
            return List.of(lu.p(), lu.l(), lu.u());
        });
        ops.put("eigh", (in, a) -> {
            Eigh eigh = x(in).eigh();
            return List.of(eigh.values(), eigh.vectors().square());
        });
        ops.put(
                "eigenvalues_cubed",
                (in, a) -> List.of(x(in).eigh().values().pow(3).sum()));
        ops.put("pinv", (in, a) -> List.of(a.has("rtol") ? x(in).pinv(a.number("rtol")) : x(in).pinv()));
        ops.put(
                "quantile",
                (in, a) -> List.of(x(in).quantile(a.number("q"), a.dim("dim"), Keep.when(a.flag("keepdim")))));
        ops.put(
                "solve_triangular",
                (in, a) -> List.of(
                        x(in).solveTriangular(get(in, "b"), a.flag("upper"), a.flag("left"), a.flag("unitriangular"))));
        ops.put("lstsq", (in, a) -> List.of(x(in).lstsq(get(in, "b"))));
        ops.put("matrix_rank", (in, a) -> List.of(x(in).matrixRank()));
        ops.put("matrix_norm", (in, a) -> List.of(x(in).matrixNorm(MatrixNorm.valueOf(a.text("kind")))));
        ops.put("kron", (in, a) -> List.of(x(in).kron(get(in, "y"))));
        ops.put("cdist", (in, a) -> List.of(x(in).cdist(get(in, "y"), a.number("p"))));
        ops.put("fft", (in, a) -> List.of(Fourier.fft(x(in))));
        ops.put("ifft", (in, a) -> List.of(Fourier.ifft(x(in))));
        ops.put("rfft", (in, a) -> List.of(Fourier.rfft(x(in))));
        ops.put("irfft", (in, a) -> List.of(Fourier.irfft(x(in), a.integer("n"))));
        ops.put(
                "stft",
                (in, a) ->
                        List.of(Fourier.stft(x(in), a.dim("size"), a.dim("hop"), get(in, "window"), a.flag("center"))));
        return ops;
    }

    private static Tensor x(Map<String, Tensor> inputs) {
        return get(inputs, "x");
    }

    private static Tensor get(Map<String, Tensor> inputs, String name) {
        Tensor tensor = inputs.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the case has no input '" + name + "' among " + inputs.keySet());
        }
        return tensor;
    }
}
