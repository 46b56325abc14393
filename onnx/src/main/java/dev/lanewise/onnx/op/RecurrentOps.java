package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Recurrent networks, step by step. */
final class RecurrentOps {
    private RecurrentOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "RNN" -> c -> new Layer(c, 1).run();
            case "GRU" -> c -> new Layer(c, 3).run();
            case "LSTM" -> c -> new Layer(c, 4).run();
            default -> null;
        };
    }

    /** One node's run. */
    private static final class Layer {
        private final Call c;
        private final int gates;
        private final boolean batchFirst;
        private final Tensor x;
        private final int directions;
        private final int hidden;
        private final long @Nullable [] lengths;

        Layer(Call c, int gates) {
            this.c = c;
            this.gates = gates;
            this.batchFirst = c.i("layout", 0) == 1;
            this.x = batchFirst ? c.x().transpose(0, 1) : c.x();
            this.directions = (int) c.x(1).shape().size(0);
            this.hidden = (int) c.x(2).shape().size(2);
            this.lengths = c.longs(4);
        }

        OnnxValue[] run() {
            List<Tensor> ys = new ArrayList<>();
            List<Tensor> lastH = new ArrayList<>();
            List<Tensor> lastC = new ArrayList<>();
            boolean onlyReverse = c.s("direction", "forward").equals("reverse");
            for (int d = 0; d < directions; d++) {
                direction(d, onlyReverse || d == 1, ys, lastH, lastC);
            }
            Tensor y = Tensor.stack(1, ys.toArray(Tensor[]::new));
            Tensor h = Tensor.stack(0, lastH.toArray(Tensor[]::new));
            if (batchFirst) {
                y = y.permute(2, 0, 1, 3);
                h = h.transpose(0, 1);
            }
            if (gates != 4) {
                return c.same(y, h);
            }
            Tensor cell = Tensor.stack(0, lastC.toArray(Tensor[]::new));
            return c.same(y, h, batchFirst ? cell.transpose(0, 1) : cell);
        }

        private @Nullable Tensor first(int input, int d) {
            Tensor given = c.maybe(input);
            return given == null ? null : given.select(batchFirst ? 1 : 0, d);
        }

        private void direction(int d, boolean reverse, List<Tensor> ys, List<Tensor> lastH, List<Tensor> lastC) {
            long n = x.shape().size(1);
            Tensor zeros = Call.like(0, x).expand(n, hidden);
            Tensor h0 = first(5, d);
            Tensor c0 = gates == 4 ? first(6, d) : null;
            Tensor h = h0 == null ? zeros : h0;
            Tensor cell = c0 == null ? zeros : c0;
            long times = x.shape().size(0);
            long[] each = lengths == null ? new long[0] : lengths;
            Tensor seen = !reverse ? x : lengths == null ? x.flip(0) : IndexOps.reversed(x, each, 1, 0);
            Cell kind = new Cell(c, gates, hidden, d, n);
            Tensor projected = kind.project(seen);
            List<Tensor> outputs = new ArrayList<>();
            for (int t = 0; t < times; t++) {
                Tensor[] next = kind.step(projected.select(0, t), h, cell);
                if (lengths == null) {
                    h = next[0];
                    cell = next[1];
                    outputs.add(h);
                } else {
                    boolean[] going = new boolean[each.length];
                    for (int b = 0; b < going.length; b++) {
                        going[b] = t < each[b];
                    }
                    Tensor mask = Tensor.of(going).reshape(going.length, 1).to(x.device());
                    h = mask.where(next[0], h);
                    cell = mask.where(next[1], cell);
                    outputs.add(mask.where(next[0], zeros));
                }
            }
            Tensor y = outputs.isEmpty()
                    ? Call.like(0, x).expand(0, n, hidden)
                    : Tensor.stack(0, outputs.toArray(Tensor[]::new));
            ys.add(!reverse ? y : lengths == null ? y.flip(0) : IndexOps.reversed(y, each, 1, 0));
            lastH.add(h);
            lastC.add(cell);
        }
    }

    /** The cells of one direction. */
    private static final class Cell {
        private final int gates;
        private final int hidden;
        private final boolean linearBeforeReset;
        private final boolean coupled;
        private final double clip;
        private final Tensor weight;
        private final Tensor recurrent;
        private final @Nullable Tensor bias;
        private final @Nullable Tensor recurrentBias;
        private final @Nullable Tensor peepholes;
        private final List<UnaryOperator<Tensor>> functions = new ArrayList<>();

        Cell(Call c, int gates, int hidden, int d, long n) {
            this.gates = gates;
            this.hidden = hidden;
            this.linearBeforeReset = c.flag("linear_before_reset", false);
            this.coupled = c.flag("input_forget", false);
            this.clip = c.f("clip", 0);
            this.weight = c.x(1).select(0, d);
            this.recurrent = c.x(2).select(0, d);
            Tensor both = c.maybe(3);
            Tensor own = both == null ? null : both.select(0, d);
            this.bias = own == null ? null : own.narrow(0, 0, (long) gates * hidden);
            this.recurrentBias = own == null ? null : own.narrow(0, (long) gates * hidden, (long) gates * hidden);
            Tensor p = gates == 4 ? c.maybe(7) : null;
            this.peepholes = p == null ? null : p.select(0, d);
            int count = gates == 4 ? 3 : gates == 3 ? 2 : 1;
            List<String> names = c.strings("activations");
            float[] alphas = c.floats("activation_alpha");
            float[] betas = c.floats("activation_beta");
            for (int i = 0; i < count; i++) {
                int at = d * count + i;
                String name = at < names.size() ? names.get(at) : i == 0 && gates > 1 ? "Sigmoid" : "Tanh";
                Float alpha = alphas != null && at < alphas.length ? (Float) alphas[at] : null;
                Float beta = betas != null && at < betas.length ? (Float) betas[at] : null;
                functions.add(activation(name, alpha, beta));
            }
            Call.check(n >= 0, "a negative batch");
        }

        Tensor project(Tensor x) {
            Tensor projected = x.matmul(weight.transpose());
            return bias == null ? projected : projected.add(bias);
        }

        private Tensor act(int i, Tensor x) {
            return functions.get(i).apply(clip > 0 ? x.clamp(-clip, clip) : x);
        }

        private Tensor gate(Tensor all, int i) {
            return all.narrow(1, (long) i * hidden, hidden);
        }

        Tensor[] step(Tensor x, Tensor h, Tensor cell) {
            return switch (gates) {
                case 1 -> new Tensor[] {act(0, x.add(recur(h, 0, 1))), cell};
                case 3 -> new Tensor[] {gru(x, h), cell};
                default -> lstm(x, h, cell);
            };
        }

        /** The recurrent product of some gates, plus its bias. */
        private Tensor recur(Tensor h, int from, int count) {
            long start = (long) from * hidden;
            long size = (long) count * hidden;
            Tensor product = h.matmul(recurrent.narrow(0, start, size).transpose());
            return recurrentBias == null ? product : product.add(recurrentBias.narrow(0, start, size));
        }

        private Tensor gru(Tensor x, Tensor h) {
            Tensor zr = recur(h, 0, 2);
            Tensor z = act(0, gate(x, 0).add(gate(zr, 0)));
            Tensor r = act(0, gate(x, 1).add(gate(zr, 1)));
            Tensor inner = linearBeforeReset ? r.mul(recur(h, 2, 1)) : recur(r.mul(h), 2, 1);
            Tensor candidate = act(1, gate(x, 2).add(inner));
            return z.rsub(1).mul(candidate).add(z.mul(h));
        }

        /** Gates in ONNX's order: input, output, forget, cell. */
        private Tensor[] lstm(Tensor x, Tensor h, Tensor cell) {
            Tensor all = x.add(recur(h, 0, 4));
            Tensor in = act(0, peep(gate(all, 0), cell, 0));
            Tensor forget = coupled ? in.rsub(1) : act(0, peep(gate(all, 2), cell, 2));
            Tensor candidate = act(1, gate(all, 3));
            Tensor next = forget.mul(cell).add(in.mul(candidate));
            Tensor out = act(0, peep(gate(all, 1), next, 1));
            return new Tensor[] {out.mul(functions.get(2).apply(next)), next};
        }

        private Tensor peep(Tensor gate, Tensor cell, int i) {
            return peepholes == null ? gate : gate.add(cell.mul(peepholes.narrow(0, (long) i * hidden, hidden)));
        }
    }

    private static UnaryOperator<Tensor> activation(String name, @Nullable Float alpha, @Nullable Float beta) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "sigmoid" -> Tensor::sigmoid;
            case "tanh" -> Tensor::tanh;
            case "relu" -> Tensor::relu;
            case "affine" -> x -> x.mul(or(alpha, 1)).add(or(beta, 0));
            case "leakyrelu" -> x -> x.leakyRelu(or(alpha, 0.01f));
            case "thresholdedrelu" -> x -> x.mul(x.gt(or(alpha, 1)).to(x.dtype()));
            case "scaledtanh" -> x -> x.mul(or(beta, 1)).tanh().mul(or(alpha, 1));
            case "hardsigmoid" -> x -> ElementwiseOps.hardSigmoid(x, or(alpha, 0.2f), or(beta, 0.5));
            case "elu" -> x -> ElementwiseOps.elu(x, or(alpha, 1));
            case "softsign" -> x -> x.div(x.abs().add(1));
            case "softplus" -> Tensor::softplus;
            default -> throw new IllegalArgumentException("activation " + name);
        };
    }

    private static double or(@Nullable Float given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
