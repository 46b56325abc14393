package dev.lanewise.examples.golden;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.dropout.AlphaDropout;
import dev.lanewise.nn.dropout.Dropout2d;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Clipping;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.sequence.GRU;
import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.nn.sequence.RNN;
import dev.lanewise.nn.sequence.Recurrent;
import dev.lanewise.nn.sequence.Transformer;
import dev.lanewise.nn.sequence.TransformerLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import dev.lanewise.testkit.golden.GoldenOps;
import dev.lanewise.testkit.golden.GoldenTrainer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Adapters from reference cases to losses, layers, optimizers and schedules. */
public final class NnGoldenOps implements GoldenOps {
    private final Map<String, GoldenOp> ops = new HashMap<>();

    /** Called by the service loader. */
    public NnGoldenOps() {
        losses();
        layers();
        schedules();
        dropouts();
        ops.putAll(LossGoldenOps.ops());
        ops.putAll(OptimizerGoldenOps.ops());
        ops.putAll(ParametrizationGoldenOps.ops());
        ops.putAll(SequenceGoldenOps.ops());
        ops.putAll(SpatialGoldenOps.ops());
        ops.put("clip_grad_norm", (inputs, attributes) -> clip(inputs, attributes.number("max_norm")));
    }

    @Override
    public Map<String, GoldenOp> ops() {
        return ops;
    }

    @Override
    public Map<String, GoldenTrainer> trainers() {
        return GoldenTrainings.trainers();
    }

    @Override
    public int priority() {
        return 1;
    }

    private void losses() {
        ops.put(
                "cross_entropy",
                (inputs, a) -> List.of(new CrossEntropyLoss(
                                reduction(a),
                                a.integer("ignore_index"),
                                a.number("label_smoothing"),
                                inputs.get("weight"))
                        .of(input(inputs, "x"), input(inputs, "target"))));
        loss(
                "nll_loss",
                a -> (x, y) -> Losses.negativeLogLikelihood(reduction(a)).of(x.logSoftmax(1), y));
        loss("mse_loss", a -> Losses.meanSquaredError(reduction(a)));
        loss("l1_loss", a -> Losses.absoluteError(reduction(a)));
        loss("smooth_l1_loss", a -> Losses.smoothL1(a.number("beta", 1), reduction(a)));
        loss("huber_loss", a -> Losses.huber(a.number("delta", 1), reduction(a)));
        loss("binary_cross_entropy", a -> Losses.binaryCrossEntropy(reduction(a)));
        ops.put(
                "binary_cross_entropy_with_logits",
                (inputs, a) -> List.of(
                        ofLogits(inputs.get("weight"), reduction(a)).of(input(inputs, "x"), input(inputs, "target"))));
        loss("kl_div", a -> {
            boolean batchMean = a.text("reduction").equals("batchmean");
            Reduction reduction = batchMean ? Reduction.SUM : reduction(a);
            Loss loss = a.has("log_target")
                    ? Losses.klDivergenceOfLogs(batchMean, reduction)
                    : Losses.klDivergence(batchMean, reduction);
            return (x, y) -> loss.of(x.logSoftmax(1), y);
        });
    }

    private static Loss ofLogits(@Nullable Tensor weight, Reduction reduction) {
        return weight == null
                ? Losses.binaryCrossEntropyWithLogits(reduction)
                : Losses.binaryCrossEntropyWithLogits(weight, reduction);
    }

    private void loss(String name, Function<Attributes, Loss> loss) {
        ops.put(name, (inputs, a) -> List.of(loss.apply(a).of(input(inputs, "x"), input(inputs, "target"))));
    }

    static Reduction reduction(Attributes a) {
        return Reduction.valueOf(a.text("reduction").toUpperCase(Locale.ROOT));
    }

    private void layers() {
        recurrent("rnn", RNN::new);
        recurrent("gru", GRU::new);
        recurrent("lstm", LSTM::new);
        layer(
                "multihead_attention",
                a -> new MultiHeadAttention(a.integer("embed"), a.dim("heads"), new Rng(0)),
                (layer, x) -> List.of(layer.forward(x)));
        ops.put("transformer", NnGoldenOps::wholeTransformer);
        layer("transformer_encoder_layer", NnGoldenOps::transformer, (layer, x) -> List.of(layer.forward(x)));
    }

    /** The constructor of a kind of recurrent layer. */
    private interface RecurrentLayers {
        Recurrent make(long in, long hidden, int layers, boolean bidirectional, double dropout, Rng rng);
    }

    private void recurrent(String name, RecurrentLayers layers) {
        Function<Attributes, Layer> build = a -> layers.make(
                a.integer("input"), a.integer("hidden"), a.dim("layers"), a.flag("bidirectional"), 0, new Rng(0));
        layer(name, build, (layer, x) -> {
            Recurrent.Result result = ((Recurrent) layer).run(x);
            return result.cell() == null
                    ? List.of(result.output(), result.hidden())
                    : List.of(result.output(), result.hidden(), result.cell());
        });
    }

    private static UnaryOperator<Tensor> activation(String name) {
        return switch (name) {
            case "relu" -> Tensor::relu;
            case "gelu" -> Tensor::gelu;
            default -> throw new IllegalArgumentException("activation " + name + " (expected relu or gelu)");
        };
    }

    private static Layer transformer(Attributes a) {
        TransformerLayer.Config config = new TransformerLayer.Config(
                a.integer("embed"),
                a.dim("heads"),
                a.integer("feedforward"),
                0,
                activation(a.text("activation")),
                a.flag("norm_first"),
                false,
                false);
        return new TransformerLayer(config, new Rng(0));
    }

    private static List<Tensor> wholeTransformer(Map<String, Tensor> inputs, Attributes a) {
        Transformer layer = new Transformer(
                new Transformer.Config(
                        a.integer("embed"),
                        a.dim("heads"),
                        a.dim("encoders"),
                        a.dim("decoders"),
                        a.integer("feedforward"),
                        0,
                        activation(a.text("activation")),
                        a.flag("norm_first"),
                        a.flag("causal")),
                new Rng(0));
        layer.to(input(inputs, "src").device());
        Map<String, Tensor> parameters = new LinkedHashMap<>(inputs);
        parameters.remove("src");
        parameters.remove("tgt");
        return layer.functionalCall(
                parameters, () -> List.of(layer.forward(input(inputs, "src"), input(inputs, "tgt"))));
    }

    /** The inputs but {@code x} are the layer's parameters by name. */
    private void layer(String name, Function<Attributes, Layer> build, BiFunction<Layer, Tensor, List<Tensor>> run) {
        ops.put(name, (inputs, a) -> {
            Layer layer = build.apply(a);
            layer.to(input(inputs, "x").device());
            Map<String, Tensor> parameters = new LinkedHashMap<>(inputs);
            parameters.remove("x");
            return layer.functionalCall(parameters, () -> run.apply(layer, input(inputs, "x")));
        });
    }

    private void dropouts() {
        ops.put("dropout", (inputs, a) -> dropped(new Dropout(a.number("p"), new Rng(0)), inputs));
        ops.put("dropout2d", (inputs, a) -> dropped(new Dropout2d(a.number("p"), new Rng(0)), inputs));
        ops.put("alpha_dropout", (inputs, a) -> dropped(new AlphaDropout(a.number("p"), new Rng(0)), inputs));
    }

    private static List<Tensor> dropped(Layer layer, Map<String, Tensor> inputs) {
        return List.of(layer.forward(input(inputs, "x")));
    }

    private void schedules() {
        schedule("step_lr", (base, a) -> Schedule.step(base, a.integer("step_size"), a.number("gamma")));
        schedule("multi_step_lr", (base, a) -> Schedule.multiStep(base, a.number("gamma"), a.integers("milestones")));
        schedule("exponential_lr", (base, a) -> Schedule.exponential(base, a.number("gamma")));
        schedule("cosine_annealing_lr", (base, a) -> Schedule.cosine(base, a.number("eta_min"), a.integer("t_max")));
        schedule(
                "linear_lr",
                (base, a) -> Schedule.linear(
                        base, a.number("start_factor"), a.number("end_factor"), a.integer("total_iters")));
        schedule(
                "cosine_annealing_warm_restarts",
                (base, a) -> Schedule.warmRestarts(base, a.number("eta_min"), a.integer("t_0"), a.integer("t_mult")));
        schedule("polynomial_lr", (base, a) -> Schedule.polynomial(base, a.integer("total_iters"), a.number("power")));
        schedule("lambda_lr", (base, a) -> Schedule.lambda(base, step -> 1.0 / (1 + step)));
        schedule(
                "chained",
                (base, a) -> Schedule.chained(
                        Schedule.exponential(base, 0.9), Schedule.linear(1, 0.5, 1, 4), Schedule.step(1, 5, 0.1)));
        schedule("one_cycle_lr", (base, a) -> Schedule.oneCycle(a.number("max_lr"), a.integer("total_steps")));
    }

    private void schedule(String name, BiFunction<Double, Attributes, Schedule> make) {
        ops.put("lr_" + name, (inputs, a) -> {
            Tensor base = input(inputs, "base");
            Schedule schedule = make.apply(base.item(), a);
            double[] rates = new double[a.dim("steps")];
            for (int step = 0; step < rates.length; step++) {
                rates[step] = schedule.rate(step);
            }
            return List.of(Tensor.of(rates).to(DType.F32).to(base.device()));
        });
    }

    /** Gradients equal to the inputs, from a loss that is linear in parameters, then clipped. */
    private static List<Tensor> clip(Map<String, Tensor> inputs, double most) {
        List<Tensor> parameters = new ArrayList<>();
        Tensor loss = null;
        for (Tensor gradient : inputs.values()) {
            Tensor parameter = Autograd.watch(gradient.zerosLike());
            parameters.add(parameter);
            Tensor term = parameter.mul(gradient).sum();
            loss = loss == null ? term : loss.add(term);
        }
        if (loss == null) {
            throw new IllegalArgumentException("clip_grad_norm: a case without inputs");
        }
        Gradients gradients = Autograd.gradients(loss);
        Clipping.Clipped clipped = Clipping.byNorm(gradients, most);
        List<Tensor> results = new ArrayList<>();
        parameters.forEach(parameter -> results.add(clipped.gradients().of(parameter)));
        results.add(Tensor.full(clipped.norm(), DType.F32, parameters.getFirst().device()));
        return results;
    }

    static Tensor input(Map<String, Tensor> inputs, String name) {
        Tensor tensor = inputs.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the case has no input '" + name + "' among " + inputs.keySet());
        }
        return tensor;
    }
}
