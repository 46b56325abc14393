package dev.lanewise.bench.steady;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Storage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import jdk.jfr.Recording;

/**
 * Runs every kernel of the backend in an order drawn by a seed, twice, while the JVM records what its compilers inline: the
 * second time each kernel is compiled with profiles that all others have left their marks on.
 *
 * <p>{@link #FLAGS} let C2 compile the kernels, and nothing else, after so few calls that all are compiled, and a kernel's
 * caller waits for its compilation: what is compiled does not depend on the machine's speed. Then a tour counts calls, and in
 * the first round, by the seed too, only some kernels run until they are compiled.
 *
 * <p>Arguments: the seed, the file for the recording, milliseconds per kernel and round or {@value #UNTIL_COMPILED}, the names
 * of the element types.
 */
public final class KernelTour {
    private record Stop(String name, Runnable body) {}

    /** Flags of a JVM for a tour. */
    static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-XX:CompileCommand=quiet",
            // C2 compiles a kernel after 20 calls or 200 turns of a loop, and other methods hardly ever
            "-XX:Tier4InvocationThreshold=100000",
            "-XX:Tier4MinInvocationThreshold=20000",
            "-XX:Tier4CompileThreshold=300000",
            "-XX:Tier4BackEdgeThreshold=1000000",
            "-XX:CompileCommand=CompileThresholdScaling,dev.lanewise.cpu.*::*,0.0002",
            "-XX:CompileCommand=BackgroundCompilation,dev.lanewise.cpu.*::*,false",
            // what comes after inlining is not looked at
            "-XX:LoopUnrollLimit=0",
            "-XX:-UseLoopPredicate",
            "-XX:-UseProfiledLoopPredicate",
            "-XX:-PartialPeelLoop",
            "-XX:-LoopUnswitching",
            "-XX:-UseSuperWord",
            "-XX:-OptoScheduling",
            "-XX:-SplitIfBlocks",
            "-XX:LoopOptsCount=5");

    /** Instead of milliseconds: as many calls as compile a kernel with {@link #FLAGS}. */
    static final String UNTIL_COMPILED = "compiled";

    private static final int CALLS = 25;
    private static final int FEW_CALLS = 3;

    private static final Rng RNG = new Rng(7);

    private KernelTour() {}

    /** Runs the tour. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[0]));
        List<Stop> stops = stops(Arrays.asList(args).subList(3, args.length));
        Collections.shuffle(stops, random);
        boolean counts = args[2].equals(UNTIL_COMPILED);
        long budget = counts ? 0 : Long.parseLong(args[2]) * 1_000_000;
        try (Recording recording = new Recording()) {
            recording.enable("jdk.CompilerInlining");
            recording.enable("jdk.Compilation").withoutThreshold();
            recording.start();
            for (int round = 0; round < 2; round++) {
                for (Stop stop : stops) {
                    int least = !counts ? 1 : round == 1 || random.nextBoolean() ? CALLS : FEW_CALLS;
                    long end = System.nanoTime() + budget;
                    for (int call = 0; call < least || System.nanoTime() < end; call++) {
                        try (var scope = Scope.open(stop.name())) {
                            stop.body().run();
                        }
                    }
                }
            }
            recording.dump(Path.of(args[1]));
        }
    }

    private static List<Stop> stops(List<String> types) {
        List<Stop> stops = new ArrayList<>();
        for (String name : types) {
            DType type = DType.valueOf(name);
            products(stops, type);
            convolutions(stops, type);
            normalizations(stops, type);
            reductions(stops, type);
            elementwise(stops, type);
        }
        optimizers(stops);
        return stops;
    }

    private static void products(List<Stop> stops, DType type) {
        for (long[] s :
                new long[][] {{64, 64, 64}, {128, 784, 100}, {256, 256, 256}, {7, 300, 5}, {1, 512, 512}, {512, 512, 1}
                }) {
            gradients(stops, "matmul", Tensor::matmul, draw(type, s[0], s[1]), draw(type, s[1], s[2]));
            gradients(
                    stops,
                    "matmul transposed",
                    (a, b) -> a.transpose(0, 1).matmul(b.transpose(0, 1)),
                    draw(type, s[1], s[0]),
                    draw(type, s[2], s[1]));
        }
        gradients(stops, "batched matmul", Tensor::matmul, draw(type, 8, 48, 32), draw(type, 8, 32, 40));
        Tensor values = draw(type, 2, 4, 33, 16);
        gradients(
                stops,
                "attention",
                (q, k) -> q.attention(k, values, null, true),
                draw(type, 2, 4, 33, 16),
                draw(type, 2, 4, 33, 16));
    }

    private static void convolutions(List<Stop> stops, DType type) {
        convolution(stops, type, 4, 1, 28, 16, 3, Window.of(3, 3).padding(1), 1);
        convolution(stops, type, 4, 32, 16, 32, 3, Window.of(3, 3).padding(1), 1);
        convolution(stops, type, 4, 64, 8, 64, 3, Window.of(3, 3).padding(1), 1);
        convolution(stops, type, 4, 32, 15, 48, 3, Window.of(3, 3).stride(2).padding(1), 1);
        convolution(stops, type, 4, 6, 14, 16, 5, Window.of(5, 5), 1);
        convolution(stops, type, 4, 32, 14, 64, 1, Window.of(1, 1), 1);
        convolution(stops, type, 2, 32, 14, 32, 3, Window.of(3, 3).padding(1), 32);
        convolution(stops, type, 2, 32, 14, 32, 3, Window.of(3, 3).padding(2).dilation(2), 32);
        convolution(stops, type, 2, 16, 14, 16, 3, Window.of(3, 3).padding(2).dilation(2), 1);
        Tensor image = draw(type, 4, 16, 28, 28);
        gradient(stops, "max pool", x -> x.maxPool2d(Window.of(2, 2)), image);
        gradient(
                stops,
                "overlapping max pool",
                x -> x.maxPool2d(Window.of(3, 3).stride(2).padding(1)),
                image);
        gradient(stops, "average pool", x -> x.avgPool2d(Window.of(2, 2), true), image);
        gradient(stops, "bilinear", x -> x.interpolateBilinear(40, 40, false), image);
    }

    private static void convolution(
            List<Stop> stops, DType type, long n, long c, long size, long k, long r, Window window, int groups) {
        gradients(
                stops,
                "conv2d",
                (x, w) -> x.conv2d(w, null, window, groups),
                draw(type, n, c, size, size),
                draw(type, k, c / groups, r, r));
    }

    private static void normalizations(List<Stop> stops, DType type) {
        for (long width : new long[] {33, 256}) {
            Tensor rows = draw(type, 64, width);
            Tensor ones = rows.narrow(0, 0, 1).squeeze(0).onesLike().keep();
            gradient(stops, "softmax", x -> x.softmax(-1), rows);
            gradient(stops, "log_softmax", x -> x.logSoftmax(-1), rows);
            gradient(stops, "softmax of columns", x -> x.softmax(0), rows);
            gradient(stops, "layer_norm", x -> x.layerNorm(1, ones, ones, 1e-5), rows);
            gradient(stops, "rms_norm", x -> x.rmsNorm(1, ones, 1e-5), rows);
            Tensor classes = RNG.randint(0, width, 64).keep();
            gradient(stops, "cross_entropy", x -> x.crossEntropy(classes), rows);
        }
        Tensor ones = draw(type, 16).onesLike().keep();
        gradient(stops, "batch_norm", x -> x.batchNorm(ones, ones, 1e-5).output(), draw(type, 8, 16, 14, 14));
        gradient(stops, "batch_norm of rows", x -> x.batchNorm(ones, ones, 1e-5).output(), draw(type, 64, 16));
        gradient(stops, "group_norm", x -> x.groupNorm(4, ones, ones, 1e-5), draw(type, 4, 16, 9, 9));
    }

    private static void reductions(List<Stop> stops, DType type) {
        for (long[] sizes : new long[][] {{64, 1000}, {1024, 33}}) {
            Tensor x = draw(type, sizes);
            for (int dim = 0; dim < 2; dim++) {
                int[] dims = {dim};
                int d = dim;
                gradient(stops, "sum", t -> t.sum(dims), x);
                gradient(stops, "mean", t -> t.mean(dims), x);
                gradient(stops, "amax", t -> t.amax(dims), x);
                gradient(stops, "var", t -> t.var(dims), x);
                forward(stops, "prod", t -> t.prod(dims), x);
                forward(stops, "argmax", t -> t.argmax(d), x);
                forward(stops, "cumsum", t -> t.cumsum(d), x);
                forward(stops, "sort", t -> t.sort(d, false).values(), x);
            }
            forward(stops, "sum of all", Tensor::sum, x);
        }
        Tensor table = draw(type, 100, 24);
        Tensor index = RNG.randint(0, 100, 300).keep();
        gradient(stops, "index_select", t -> t.indexSelect(0, index), table);
        gradient(stops, "embedding", t -> t.embedding(index), table);
        gradient(stops, "pad", t -> t.pad(0, 1, 2, 3, 4), table);
        gradient(stops, "cat", t -> Tensor.cat(1, t, t), table);
    }

    private static void elementwise(List<Stop> stops, DType type) {
        Tensor x = draw(type, 64, 500);
        Tensor row = draw(type, 500);
        Tensor column = draw(type, 64, 1);
        for (UnaryOperator<Tensor> op : List.<UnaryOperator<Tensor>>of(
                Tensor::relu,
                Tensor::exp,
                Tensor::tanh,
                Tensor::sigmoid,
                Tensor::gelu,
                Tensor::silu,
                Tensor::abs,
                t -> t.abs().log(),
                t -> t.abs().sqrt(),
                t -> t.add(1),
                t -> t.mul(0.5),
                t -> t.clamp(-1, 1),
                t -> t.pow(2.5))) {
            gradient(stops, "unary", op, x);
            gradient(stops, "unary of a transposed view", t -> op.apply(t.transpose(0, 1)), x);
        }
        for (Tensor other : List.of(x, row, column)) {
            gradients(stops, "add", Tensor::add, x, other);
            gradients(stops, "mul", Tensor::mul, x, other);
            gradients(stops, "div", (a, b) -> a.div(b.abs().add(1)), x, other);
            gradients(stops, "maximum", Tensor::maximum, x, other);
            forward(stops, "where", t -> t.gt(0).where(t, other), x);
        }
        gradient(stops, "dropout", t -> t.dropout(0.5, RNG), x);
        forward(stops, "randn", t -> t.randnLike(RNG), x);
        forward(stops, "rand", t -> t.randLike(RNG), x);
        for (DType to : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16, DType.I32}) {
            forward(stops, "cast", t -> t.to(to), x);
        }
    }

    private static void optimizers(List<Stop> stops) {
        Tensor parameter = draw(DType.F32, 300, 100);
        Tensor slope = draw(DType.F32, 300, 100);
        Tensor mean = draw(DType.F32, 300, 100);
        Tensor square = draw(DType.F32, 300, 100).square().keep();
        stops.add(new Stop(
                "sgd_step",
                () -> Storage.update(
                        new Update.SgdStep(1e-9, 0.9, 0, 0, false, false),
                        new Tensor[] {parameter, mean},
                        parameter,
                        slope,
                        mean)));
        stops.add(new Stop(
                "adam_step",
                () -> Storage.update(
                        new Update.AdamStep(1e-9, 0.9, 0.999, 1e-8, 0, false, 1000),
                        new Tensor[] {parameter, mean, square},
                        parameter,
                        slope,
                        mean,
                        square)));
    }

    private static Tensor draw(DType type, long... sizes) {
        return RNG.randn(DType.F32, sizes).to(type).keep();
    }

    private static void forward(List<Stop> stops, String name, UnaryOperator<Tensor> op, Tensor x) {
        stops.add(new Stop(name, () -> Objects.requireNonNull(op.apply(x))));
    }

    private static void gradient(List<Stop> stops, String name, Function<Tensor, Tensor> op, Tensor x) {
        stops.add(new Stop(name, () -> backward(op.apply(Autograd.watch(x)))));
    }

    private static void gradients(List<Stop> stops, String name, BinaryOperator<Tensor> op, Tensor a, Tensor b) {
        stops.add(new Stop(name, () -> backward(op.apply(Autograd.watch(a), Autograd.watch(b)))));
    }

    private static void backward(Tensor result) {
        Autograd.gradients(new Tensor[] {result}, new Tensor[] {result.onesLike()}, Graph.RELEASE);
    }
}
