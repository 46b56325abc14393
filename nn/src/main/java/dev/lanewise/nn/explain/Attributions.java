package dev.lanewise.nn.explain;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Graph;
import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How much each element of an input adds to the score of a class. A model maps inputs {@code [n, ...]} of a floating-point type to scores
 * {@code [n, classes]}, each row by itself: put it into evaluation mode, and let it end before a softmax. Results have the
 * shape of the input; its parameters get no gradients.
 *
 * <pre>{@code
 * var explained = new Attributions(network);
 * Tensor importance = explained.integratedGradients(images, explained.best(images), Attributions.Rule.GAUSS_LEGENDRE, 32);
 * }</pre>
 */
public final class Attributions {
    private final UnaryOperator<Tensor> model;

    /**
     * Explains the results of a layer, called in the mode that it is in; call eval() before.
     *
     * @param model from {@code [n, ...]} to {@code [n, classes]}
     */
    public Attributions(Layer model) {
        this(Objects.requireNonNull(model, "model")::forward);
    }

    /**
     * Explains the results of a function of one tensor.
     *
     * @param model from {@code [n, ...]} to {@code [n, classes]}
     */
    public Attributions(UnaryOperator<Tensor> model) {
        this.model = Objects.requireNonNull(model, "model");
    }

    /** Where the path of integrated gradients is looked at, in so many equal steps. */
    public enum Rule {
        /** At the beginning of each step. */
        LEFT,
        /** In the middle of each step: the error falls with the square of the steps. */
        MIDDLE,
        /** At the end of each step, as in the paper. */
        RIGHT,
        /** At both ends, with half the weight. */
        TRAPEZOID,
        /** At the nodes of Gauss and Legendre, which are exact for polynomials of a degree below twice the steps. */
        GAUSS_LEGENDRE;

        /** Places between 0 and 1, and their weights. */
        double[][] nodes(int steps) {
            return switch (this) {
                case LEFT -> equal(steps, 0);
                case MIDDLE -> equal(steps, 0.5);
                case RIGHT -> equal(steps, 1);
                case TRAPEZOID -> {
                    double[][] nodes = equal(steps + 1, 0);
                    for (int i = 0; i <= steps; i++) {
                        nodes[0][i] = (double) i / steps;
                        nodes[1][i] = (i == 0 || i == steps ? 0.5 : 1.0) / steps;
                    }
                    yield nodes;
                }
                case GAUSS_LEGENDRE -> Quadrature.gaussLegendre(steps);
            };
        }

        private static double[][] equal(int steps, double offset) {
            double[] at = new double[steps];
            double[] weights = new double[steps];
            Arrays.setAll(at, i -> (i + offset) / steps);
            Arrays.fill(weights, 1.0 / steps);
            return new double[][] {at, weights};
        }
    }

    /** What is made of the gradients at several noisy inputs. */
    public enum Noise {
        /** Their mean (Smilkov et al. 2017, arXiv:1706.03825). */
        MEAN,
        /** The mean of their squares. */
        SQUARED,
        /** Their variance (Adebayo et al. 2018, arXiv:1810.03307). */
        VARIANCE
    }

    /**
     * {@return the class of the highest score for each row, {@code [n]} of I64}
     *
     * @param x the inputs
     */
    public Tensor best(Tensor x) {
        return Autograd.noGrad(() -> scores(x).argmax(1));
    }

    /**
     * {@return the gradient of the scores of classes}
     *
     * @param x the inputs, {@code [n, ...]}
     * @param classes one for each row, {@code [n]} of I64
     */
    public Tensor gradient(Tensor x, Tensor classes) {
        try (Scope scope = Scope.open("attribution")) {
            Tensor watched = Autograd.watch(Autograd.detach(checked(x)));
            Tensor sum = chosen(scores(watched), classes).sum();
            return scope.keep(Autograd.gradients(
                            new Tensor[] {sum}, new Tensor[] {sum.onesLike()}, new Tensor[] {watched}, Graph.RELEASE)
                    .of(watched));
        }
    }

    /**
     * {@return the size of the gradient (Simonyan et al. 2013, arXiv:1312.6034)}
     *
     * @param x the inputs
     * @param classes one for each row
     */
    public Tensor saliency(Tensor x, Tensor classes) {
        return gradient(x, classes).abs();
    }

    /**
     * {@return the gradient times the input, which of a linear model is each element's part of the score}
     *
     * @param x the inputs
     * @param classes one for each row
     */
    public Tensor inputTimesGradient(Tensor x, Tensor classes) {
        return gradient(x, classes).mul(Autograd.detach(x));
    }

    /**
     * Integrated gradients from an input of zeros.
     *
     * @param x the inputs
     * @param classes one for each row
     * @param rule where gradients are taken
     * @param steps how many steps, 1 or more
     * @return attributions
     */
    public Tensor integratedGradients(Tensor x, Tensor classes, Rule rule, int steps) {
        return integratedGradients(x, x.zerosLike(), classes, rule, steps);
    }

    /**
     * The difference to a baseline times the mean gradient on the way from there (Sundararajan et al. 2017, arXiv:1703.01365).
     * Attributions of a row add up to the difference of the scores, but for the error of the rule.
     *
     * @param x the inputs
     * @param baseline inputs without information, such as zeros, of the shape of x
     * @param classes one for each row
     * @param rule where gradients are taken
     * @param steps how many steps, 1 or more
     * @return attributions
     * @throws TensorException if there is not at least one step, or the baseline has another shape or type than the input
     */
    public Tensor integratedGradients(Tensor x, Tensor baseline, Tensor classes, Rule rule, int steps) {
        if (steps < 1 || !baseline.spec().equals(x.spec())) {
            throw new TensorException("integrated gradients: " + steps + " steps from " + baseline.spec() + " to "
                    + x.spec() + " (expected 1 step or more, and equal shapes); expand the baseline");
        }
        double[][] nodes = rule.nodes(steps);
        try (Scope scope = Scope.open("integrated gradients")) {
            Tensor from = Autograd.detach(baseline);
            Tensor way = Autograd.detach(x).sub(from);
            Tensor sum = way.zerosLike();
            for (int i = 0; i < nodes[0].length; i++) {
                sum = sum.add(gradient(from.add(way.mul(nodes[0][i])), classes).mul(nodes[1][i]));
            }
            return scope.keep(way.mul(sum));
        }
    }

    /**
     * SmoothGrad: gradients at inputs with normal noise.
     *
     * @param x the inputs
     * @param classes one for each row
     * @param samples how many noisy inputs
     * @param deviation the standard deviation of the noise; a tenth to a fifth of the range of the inputs is usual
     * @param kind what is made of the gradients
     * @param random where noise comes from
     * @return attributions
     * @throws TensorException if there is not at least one sample, or the deviation is negative
     */
    public Tensor smoothGrad(Tensor x, Tensor classes, int samples, double deviation, Noise kind, Rng random) {
        if (samples < 1 || !(deviation >= 0)) {
            throw new TensorException("smooth grad: " + samples + " samples with a deviation of " + deviation
                    + " (expected 1 or more, and 0 or more); choose other numbers");
        }
        long[] sizes = x.shape().toArray();
        return smooth(
                x,
                classes,
                samples,
                kind,
                i -> random.randn(x.dtype(), sizes).mul(deviation).to(x.device()));
    }

    /**
     * The mean gradient of inputs with noise that is given (SmoothGrad), so that it can be repeated.
     *
     * @param x the inputs
     * @param classes one for each row
     * @param noise {@code [samples, n, ...]}, added to the inputs
     * @param kind what is made of the gradients
     * @return attributions
     * @throws TensorException if the noise is not {@code [samples, n, ...]} of the input's type
     */
    public Tensor smoothGrad(Tensor x, Tensor classes, Tensor noise, Noise kind) {
        int samples =
                noise.shape().rank() == 0 ? 0 : Math.toIntExact(noise.shape().size(0));
        if (samples < 1
                || noise.dtype() != x.dtype()
                || noise.shape().rank() != x.shape().rank() + 1) {
            throw new TensorException("smooth grad: noise " + noise.spec() + " for " + x.spec()
                    + " (expected [samples, n, ...] of its type); stack it");
        }
        return smooth(x, classes, samples, kind, i -> noise.select(0, i));
    }

    private interface Source {
        Tensor noise(int sample);
    }

    private Tensor smooth(Tensor x, Tensor classes, int samples, Noise kind, Source source) {
        try (Scope scope = Scope.open("smooth grad")) {
            Tensor input = Autograd.detach(x);
            Tensor mean = input.zerosLike();
            // of squares, or of squared differences to the mean so far (Welford 1962)
            Tensor squares = input.zerosLike();
            for (int i = 0; i < samples; i++) {
                Tensor gradient = gradient(input.add(source.noise(i)), classes);
                Tensor off = gradient.sub(mean);
                mean = mean.add(off.div(i + 1.0));
                squares = squares.add(kind == Noise.SQUARED ? gradient.square() : off.mul(gradient.sub(mean)));
            }
            return scope.keep(kind == Noise.MEAN ? mean : squares.div(samples));
        }
    }

    /**
     * How much the scores fall when a part of the input is covered (Zeiler and Fergus 2013, arXiv:1311.2901): a window moves
     * over all dimensions but the first.
     *
     * @param x the inputs, {@code [n, ...]}
     * @param classes one for each row
     * @param window its sizes, one for each dimension but the first, which divide those of the input
     * @param value replaces the elements that are covered
     * @return {@code [n, ...]}, with one element for each place of the window; 2x2 pixels of all three channels of {@code [n, 3, h, w]}
     *     are {@code (3, 2, 2)}, which gives {@code [n, 1, h / 2, w / 2]}
     */
    public Tensor occlusion(Tensor x, Tensor classes, long[] window, double value) {
        Shape shape = x.shape();
        if (window.length != shape.rank() - 1) {
            throw badWindow(x, window);
        }
        long[] places = new long[shape.rank()];
        places[0] = shape.size(0);
        long count = 1;
        for (int d = 1; d < places.length; d++) {
            if (window[d - 1] < 1 || shape.size(d) % window[d - 1] != 0) {
                throw badWindow(x, window);
            }
            places[d] = shape.size(d) / window[d - 1];
            count *= places[d];
        }
        long all = count;
        try (Scope scope = Scope.open("occlusion")) {
            return scope.keep(Autograd.noGrad(() -> {
                Tensor input = Autograd.detach(x);
                Tensor whole = chosen(scores(input), classes);
                Tensor[] drops = new Tensor[Math.toIntExact(all)];
                for (int i = 0; i < drops.length; i++) {
                    drops[i] = whole.sub(chosen(scores(covered(input, window, places, i, value)), classes));
                }
                return drops.length == 0
                        ? Tensor.zeros(places)
                        : Tensor.stack(1, drops).reshape(places);
            }));
        }
    }

    private static TensorException badWindow(Tensor x, long[] window) {
        return new TensorException("occlusion: window " + Arrays.toString(window) + " for " + x.spec()
                + " (expected a size for each dimension but the first, which it divides); pad the input");
    }

    private static Tensor covered(Tensor x, long[] window, long[] places, long number, double value) {
        Tensor copy = x.copy();
        Tensor part = copy;
        long rest = number;
        for (int d = places.length - 1; d > 0; d--) {
            part = part.narrow(d, rest % places[d] * window[d - 1], window[d - 1]);
            rest /= places[d];
        }
        part.assign(Tensor.full(value, x.dtype(), x.device()).expand(part.shape()));
        return copy;
    }

    /**
     * A ReLU through which a gradient passes only where it is positive too. Guided backpropagation (Springenberg et al. 2014,
     * arXiv:1412.6806) is the {@link #gradient} of a model that has these in the place of its ReLUs: {@code new
     * Lambda(Attributions::guidedRelu)}.
     *
     * @param x the input
     * @return {@code max(x, 0)}
     */
    public static Tensor guidedRelu(Tensor x) {
        return Autograd.apply(GUIDED, x);
    }

    private static final Autograd.CustomOp GUIDED = new Autograd.CustomOp() {
        @Override
        public String name() {
            return "guided_relu";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return inputs[0].relu();
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            return new Tensor[] {upstream.relu().maskedFill(inputs[0].le(0), 0)};
        }
    };

    private static Tensor checked(Tensor x) {
        if (!x.dtype().isFloating() || x.shape().rank() < 1) {
            throw new TensorException("attribution: input " + x.spec()
                    + " (expected [n, ...] of a floating-point type); explain the embeddings of tokens");
        }
        return x;
    }

    private Tensor scores(Tensor x) {
        Tensor scores = model.apply(checked(x));
        if (scores.shape().rank() != 2 || scores.shape().size(0) != x.shape().size(0)) {
            throw new TensorException("attribution: scores " + scores.spec() + " of " + x.spec()
                    + " (expected [n, classes]); reshape what the model gives");
        }
        return scores;
    }

    static Tensor chosen(Tensor scores, Tensor classes) {
        if (classes.dtype() != DType.I64 && classes.dtype() != DType.I32
                || classes.shape().rank() != 1
                || classes.shape().size(0) != scores.shape().size(0)) {
            throw new TensorException("attribution: classes " + classes.spec() + " for scores " + scores.spec()
                    + " (expected [n] of I64 or I32); give one for each row");
        }
        return scores.gather(1, classes.unsqueeze(1)).squeeze(1);
    }
}
