package dev.lanewise.examples.golden;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Adadelta;
import dev.lanewise.nn.optim.Adagrad;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Adamax;
import dev.lanewise.nn.optim.AmsGrad;
import dev.lanewise.nn.optim.NAdam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.RmsProp;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

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
        return ops;
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
                ? new AmsGrad(p, a.number("lr"), beta1, beta2, epsilon, decay)
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
