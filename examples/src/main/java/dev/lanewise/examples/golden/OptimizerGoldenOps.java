package dev.lanewise.examples.golden;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Adadelta;
import dev.lanewise.nn.optim.Adafactor;
import dev.lanewise.nn.optim.Adagrad;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Adamax;
import dev.lanewise.nn.optim.AmsGrad;
import dev.lanewise.nn.optim.Lbfgs;
import dev.lanewise.nn.optim.Lion;
import dev.lanewise.nn.optim.Muon;
import dev.lanewise.nn.optim.NAdam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.RAdam;
import dev.lanewise.nn.optim.RmsProp;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Adapters from reference cases to optimizers; attributes that are missing have PyTorch's defaults. */
final class OptimizerGoldenOps {
    private OptimizerGoldenOps() {}

    static Map<String, GoldenOp> ops() {
        Map<String, GoldenOp> ops = new LinkedHashMap<>();
        ops.put("optim_sgd", steps(OptimizerGoldenOps::sgd));
        ops.put("optim_adam", steps((p, a) -> adam(p, a, false)));
        ops.put("optim_adamw", steps((p, a) -> adam(p, a, true)));
        ops.put("optim_rmsprop", steps(OptimizerGoldenOps::rmsProp));
        ops.put("optim_adagrad", steps((p, a) -> new Adagrad(p, a.number("lr"), Adagrad.Options.defaults())));
        ops.put("optim_adadelta", steps((p, a) -> new Adadelta(p, a.number("lr"), Adadelta.Options.defaults())));
        ops.put("optim_adamax", steps((p, a) -> new Adamax(p, a.number("lr"), Adamax.Options.defaults())));
        ops.put("optim_nadam", steps((p, a) -> new NAdam(p, a.number("lr"), NAdam.Options.defaults())));
        ops.put("optim_radam", steps(OptimizerGoldenOps::rAdam));
        ops.put("optim_lion", steps(OptimizerGoldenOps::lion));
        ops.put("optim_adafactor", steps(OptimizerGoldenOps::adafactor));
        ops.put("optim_muon", steps(OptimizerGoldenOps::muon));
        ops.put("optim_lbfgs", OptimizerGoldenOps::lbfgs);
        ops.put("optim_lbfgs_rosenbrock", OptimizerGoldenOps::rosenbrock);
        ops.put("optim_by_rows", OptimizerGoldenOps::byRows);
        return ops;
    }

    private static Optimizer rAdam(List<Parameter> p, Attributes a) {
        double[] betas = pair(a, "betas", 0.9, 0.999);
        return new RAdam(
                p,
                a.number("lr"),
                new RAdam.Options(
                        betas[0],
                        betas[1],
                        a.number("eps", 1e-8),
                        a.number("weight_decay", 0),
                        a.flagOrFalse("decoupled_weight_decay")));
    }

    private static Optimizer lion(List<Parameter> p, Attributes a) {
        double[] betas = pair(a, "betas", 0.9, 0.99);
        return new Lion(p, a.number("lr"), new Lion.Options(betas[0], betas[1], a.number("weight_decay", 0)));
    }

    private static Optimizer adafactor(List<Parameter> p, Attributes a) {
        // PyTorch computed in F64, whose own epsilon the results have
        double[] epsilons = pair(a, "eps", 0x1p-52, 1e-3);
        return new Adafactor(
                p,
                a.number("lr"),
                new Adafactor.Options(
                        a.number("beta2_decay", -0.8),
                        OptionalDouble.of(epsilons[0]),
                        epsilons[1],
                        a.number("d", 1),
                        a.number("weight_decay", 0)));
    }

    private static Optimizer muon(List<Parameter> p, Attributes a) {
        return new Muon(
                p,
                a.number("lr"),
                new Muon.Options(
                        a.number("momentum", 0.95),
                        !a.has("nesterov") || a.flag("nesterov"),
                        a.number("weight_decay", 0.1),
                        (int) a.number("ns_steps", 5),
                        1e-7,
                        a.has("adjust_lr_fn") ? Muon.RateFactor.LIKE_ADAMW : Muon.RateFactor.ORIGINAL));
    }

    private static double[] pair(Attributes a, String name, double first, double second) {
        return a.has(name)
                ? a.numbers(name).stream().mapToDouble(Number::doubleValue).toArray()
                : new double[] {first, second};
    }

    /** A table after steps by the loss {@code sum(scale row^2)} over the rows that each looks up. */
    private static List<Tensor> byRows(Map<String, Tensor> inputs, Attributes a) {
        Parameter table = Parameter.byRows(NnGoldenOps.input(inputs, "x").copy());
        double[] betas = pair(a, "betas", 0.9, 0.999);
        Optimizer optimizer = switch (a.text("optimizer")) {
            case "sgd" -> new Sgd(List.of(table), a.number("lr"));
            case "adagrad" -> new Adagrad(List.of(table), a.number("lr"));
            default ->
                new SparseAdam(
                        List.of(table),
                        a.number("lr"),
                        new SparseAdam.Options(betas[0], betas[1], a.number("eps", 1e-8)));
        };
        Tensor ids = NnGoldenOps.input(inputs, "ids");
        Tensor scale = NnGoldenOps.input(inputs, "scale");
        Tensor[] after = new Tensor[Math.toIntExact(ids.shape().size(0))];
        for (int step = 0; step < after.length; step++) {
            Tensor rows = table.tensor().embedding(ids.select(0, step));
            optimizer.step(
                    Autograd.gradients(rows.square().mul(scale.select(0, step)).sum()));
            after[step] = Autograd.detach(table.leaf()).copy();
        }
        return List.of(Tensor.stack(0, after));
    }

    /** Four steps on {@code |A x - b|^2 / 2 + sum(x^4) / 10}. */
    private static List<Tensor> lbfgs(Map<String, Tensor> inputs, Attributes a) {
        Tensor matrix = NnGoldenOps.input(inputs, "a").to(DType.F64);
        Tensor target = NnGoldenOps.input(inputs, "b").to(DType.F64);
        return lbfgs(
                inputs,
                a,
                4,
                x -> matrix.matmul(x)
                        .sub(target)
                        .square()
                        .sum()
                        .div(2)
                        .add(x.pow(4).sum().mul(0.1)));
    }

    /** Six steps on {@code sum(100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2)}. */
    private static List<Tensor> rosenbrock(Map<String, Tensor> inputs, Attributes a) {
        return lbfgs(inputs, a, 6, x -> {
            long last = x.shape().size(0) - 1;
            Tensor first = x.narrow(0, 0, last);
            Tensor valley = x.narrow(0, 1, last).sub(first.square()).square().mul(100);
            return valley.add(first.rsub(1).square()).sum();
        });
    }

    /** What x is after each step, in F64 as by PyTorch. */
    private static List<Tensor> lbfgs(Map<String, Tensor> inputs, Attributes a, int steps, UnaryOperator<Tensor> loss) {
        Parameter x = new Parameter(NnGoldenOps.input(inputs, "x").to(DType.F64));
        Lbfgs.Options defaults = Lbfgs.Options.defaults();
        int iterations = a.dim("max_iter");
        Lbfgs optimizer = new Lbfgs(
                List.of(x),
                a.number("lr", 1),
                new Lbfgs.Options(
                        iterations,
                        iterations * 5 / 4,
                        defaults.gradientTolerance(),
                        defaults.changeTolerance(),
                        (int) a.number("history_size", 100),
                        a.has("line_search_fn")));
        Tensor[] after = new Tensor[steps];
        for (int step = 0; step < after.length; step++) {
            optimizer.step(() -> loss.apply(x.tensor()));
            after[step] = Autograd.detach(x.leaf()).to(DType.F32);
        }
        return List.of(Tensor.stack(0, after));
    }

    private static Optimizer sgd(List<Parameter> p, Attributes a) {
        return new Sgd(
                p,
                a.number("lr"),
                new Sgd.Options(
                        a.number("momentum", 0),
                        a.number("dampening", 0),
                        a.number("weight_decay", 0),
                        a.flagOrFalse("nesterov")));
    }

    private static Optimizer adam(List<Parameter> p, Attributes a, boolean decoupled) {
        List<Number> betas = a.has("betas") ? a.numbers("betas") : List.of(0.9, 0.999);
        double beta1 = betas.get(0).doubleValue();
        double beta2 = betas.get(1).doubleValue();
        double epsilon = a.number("eps", 1e-8);
        double decay = a.number("weight_decay", decoupled ? 0.01 : 0);
        return a.flagOrFalse("amsgrad")
                ? new AmsGrad(p, a.number("lr"), new AmsGrad.Options(beta1, beta2, epsilon, decay))
                : new Adam(p, a.number("lr"), new Adam.Options(beta1, beta2, epsilon, decay, decoupled));
    }

    private static Optimizer rmsProp(List<Parameter> p, Attributes a) {
        return new RmsProp(
                p,
                a.number("lr"),
                new RmsProp.Options(0.99, 1e-8, 0, a.number("momentum", 0), a.flagOrFalse("centered")));
    }

    /** Feeds the gradients one per step, through losses that are linear in the parameter. */
    private static GoldenOp steps(BiFunction<List<Parameter>, Attributes, Optimizer> make) {
        return (inputs, attributes) -> {
            Parameter parameter = new Parameter(NnGoldenOps.input(inputs, "x").copy());
            Optimizer optimizer = make.apply(List.of(parameter), attributes);
            Tensor gradients = NnGoldenOps.input(inputs, "grads");
            Tensor[] after = new Tensor[Math.toIntExact(gradients.shape().size(0))];
            for (int step = 0; step < after.length; step++) {
                Tensor loss = parameter.tensor().mul(gradients.select(0, step)).sum();
                optimizer.step(Autograd.gradients(loss));
                after[step] = Autograd.detach(parameter.leaf()).copy();
            }
            return List.of(Tensor.stack(0, after));
        };
    }
}
