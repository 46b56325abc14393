package dev.lanewise.nn.prune;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Units that can be taken out of layers, each with its numbers in several parameters: the channels between a convolution and
 * the next, what lies between the two layers of a feed-forward part, or the heads of attention. {@link #mask} sets the numbers
 * of the others to zero; {@link #keep} takes them out, which gives the same results by layers that are smaller, and faster.
 *
 * <pre>{@code
 * for (Units units : Units.of(model).values()) {
 *     units.keep(units.strongest(units.count() / 2));
 * }
 * // and then, with a new optimizer, some more training
 * }</pre>
 */
public final class Units {
    private final String name;
    private final List<Slices> slices;
    private final List<BatchNorm> norms;
    private int count;

    /**
     * Where the units are in a parameter: along a dimension of {@code parts * count * each} elements, in this order.
     *
     * @param parameter the parameter
     * @param dim the dimension
     * @param each how many elements beside each other belong to one unit
     * @param parts how often all units are there, such as 3 for queries, keys and values in one parameter
     */
    public record Slices(Parameter parameter, int dim, int each, int parts) {
        /** Holds the given values, none of which may be null. */
        public Slices {
            Objects.requireNonNull(parameter, "parameter");
        }

        /** The positions that belong to some of so many units. */
        long[] positions(int count, int... units) {
            long[] all = new long[parts * units.length * each];
            int at = 0;
            for (int part = 0; part < parts; part++) {
                for (int unit : units) {
                    for (int i = 0; i < each; i++) {
                        all[at++] = ((long) part * count + unit) * each + i;
                    }
                }
            }
            return all;
        }
    }

    /**
     * Units by their slices; see {@link #of} and {@link #between} for the usual ones.
     *
     * @param name what they are called
     * @param count how many there are
     * @param slices where they are; the first ones are those that {@link #norms} looks at
     * @param norms batch norms whose channels are the units
     * @throws TensorException if a parameter has another size
     */
    public Units(String name, int count, List<Slices> slices, List<BatchNorm> norms) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(slices, "slices");
        Objects.requireNonNull(norms, "norms");
        this.name = name;
        this.count = count;
        this.slices = List.copyOf(slices);
        this.norms = List.copyOf(norms);
        for (Slices some : slices) {
            Shape shape = some.parameter.leaf().shape();
            if (shape.size(some.dim) != (long) count * some.each * some.parts) {
                throw new TensorException("prune: " + name + ", " + count + " units of " + some.each + " in " + shape
                        + " (expected " + (long) count * some.each * some.parts + " along dimension " + some.dim
                        + "); check the slices");
            }
        }
        for (BatchNorm norm : norms) {
            if (norm.channels() != count) {
                throw new TensorException("prune: " + name + ", " + count + " units and a batch norm of "
                        + norm.channels() + " channels (expected as many); check the layers");
            }
        }
    }

    /**
     * The results of a layer that only another one reads. What stands between them computes each element, or each channel, by
     * itself; a convolution's channels may be flattened on the way to a linear layer.
     *
     * @param name what they are called
     * @param producer a {@link WeightLayer} or a {@link Conv2d} of one group
     * @param consumer likewise
     * @param between batch norms between the two
     * @return the units
     * @throws TensorException if the layers are of other kinds or sizes, or if adapters change them
     */
    public static Units between(String name, Layer producer, Layer consumer, BatchNorm... between) {
        Objects.requireNonNull(producer, "producer");
        Objects.requireNonNull(consumer, "consumer");
        Objects.requireNonNull(between, "between");
        Ends from = Ends.of(name, producer);
        Ends to = Ends.of(name, consumer);
        if (to.in % from.out != 0) {
            throw new TensorException("prune: " + name + " between a layer of " + from.out + " results and one of "
                    + to.in + " inputs (expected a multiple); does the one read the other?");
        }
        List<Slices> slices = new ArrayList<>();
        slices.add(new Slices(from.weight, from.inputFirst ? 1 : 0, 1, 1));
        if (from.bias != null) {
            slices.add(new Slices(from.bias, 0, 1, 1));
        }
        slices.add(new Slices(to.weight, to.inputFirst ? 0 : 1, Math.toIntExact(to.in / from.out), 1));
        return new Units(name, Math.toIntExact(from.out), slices, List.of(between));
    }

    /** A layer's parameters and sizes. */
    private record Ends(Parameter weight, @Nullable Parameter bias, boolean inputFirst, long in, long out) {
        static Ends of(String name, Layer layer) {
            if (layer instanceof WeightLayer linear && !linear.isAdapted()) {
                return new Ends(linear.weight(), linear.bias(), linear.isInputFirst(), linear.in(), linear.out());
            }
            if (layer instanceof Conv2d conv && conv.groups() == 1 && !conv.isAdapted()) {
                Shape shape = conv.weight().leaf().shape();
                return new Ends(conv.weight(), conv.bias(), false, shape.size(1), shape.size(0));
            }
            throw new TensorException(
                    "prune: " + name + " at " + layer.getClass().getSimpleName()
                            + (layer.isAdapted() ? " with an adapter" : "")
                            + " (expected a linear layer or a convolution of one group, without adapters); merge and"
                            + " remove adapters, or give the slices");
        }
    }

    /**
     * The units in a model: those of its {@link Prunable} layers, and those between neighbours in each {@link
     * dev.lanewise.nn.Sequential}. What parameters that several layers share lie in is left out.
     *
     * @param model the model
     * @return units by name, that of the layer in front
     * @throws TensorException if a weight in them is packed or adapted
     */
    public static Map<String, Units> of(Layer model) {
        return UnitSearch.of(model);
    }

    /** {@return what the units are called in reports} */
    public String name() {
        return name;
    }

    /** {@return how many there are at present} */
    public int count() {
        return count;
    }

    List<Slices> slices() {
        return slices;
    }

    /**
     * {@return how large each unit is: the norm of the numbers that it is computed with, in the first parameter (for filters,
     * Li et al. 2016, arXiv:1608.08710)}
     *
     * @param power of the norm: 1 or 2
     */
    public double[] norms(double power) {
        Slices first = slices.getFirst();
        double[] sums = new double[count];
        try (Scope ignored = Scope.open("units")) {
            Tensor weight = Autograd.detach(first.parameter.leaf());
            int rank = weight.shape().rank();
            int dim = weight.shape().dim(first.dim, "prune");
            int[] others = IntStream.range(0, rank).filter(d -> d != dim).toArray();
            Tensor powers = weight.to(DType.F64).abs().pow(power);
            double[] rows = (others.length == 0 ? powers : powers.sum(others)).toDoubleArray();
            for (int i = 0; i < rows.length; i++) {
                sums[i / first.each % count] += rows[i];
            }
        }
        return Arrays.stream(sums).map(sum -> Math.pow(sum, 1 / power)).toArray();
    }

    /**
     * {@return the units of largest L2 norm, in order; among equal ones the earlier}
     *
     * @param keep how many
     */
    public int[] strongest(int keep) {
        return strongest(keep, norms(2));
    }

    /**
     * {@return the units of highest score, in order; of equal ones those ahead}
     *
     * @param keep how many
     * @param scores one for each unit: how much the loss rises without it, for example
     * @throws TensorException if {@code keep} is not from 1 to the number of units, or there isn't one score for each
     */
    public int[] strongest(int keep, double... scores) {
        if (keep < 1 || keep > count || scores.length != count) {
            throw new TensorException("prune: " + name + ", " + keep + " of " + count + " units by " + scores.length
                    + " scores (expected 1 to all of them, and a score for each); keep others");
        }
        return IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer unit) -> -scores[unit]))
                .limit(keep)
                .mapToInt(unit -> unit)
                .sorted()
                .toArray();
    }

    /**
     * Sets all numbers of the other units to zero and keeps them there; sizes stay. The model then computes, but for rounding,
     * what it computes after {@link #keep}.
     *
     * @param masks what keeps them at zero
     * @param kept the units that stay
     */
    public void mask(Masks masks, int... kept) {
        check(kept);
        for (Slices some : slices) {
            masks.add(some.parameter, mask(some.parameter.leaf(), some.dim, some.positions(count, kept)));
        }
        for (BatchNorm norm : norms) {
            long[] positions = Arrays.stream(kept).asLongStream().toArray();
            masks.add(norm.weight(), mask(norm.weight().leaf(), 0, positions));
            masks.add(norm.bias(), mask(norm.bias().leaf(), 0, positions));
        }
    }

    private static Tensor mask(Tensor like, int dim, long[] positions) {
        int d = like.shape().dim(dim, "prune");
        boolean[] stay = new boolean[Math.toIntExact(like.shape().size(d))];
        for (long position : positions) {
            stay[Math.toIntExact(position)] = true;
        }
        long[] sizes = new long[like.shape().rank()];
        Arrays.fill(sizes, 1);
        sizes[d] = stay.length;
        return Tensor.of(stay).reshape(sizes).expand(like.shape());
    }

    /**
     * Takes the other units out: parameters and statistics become smaller. Optimizers, masks and averages of weights are made
     * anew afterwards, and so is a recorded or captured step.
     *
     * @param kept the units that stay, at least one, in ascending order
     * @throws TensorException if they are not units, or not in order
     */
    public void keep(int... kept) {
        check(kept);
        for (Slices some : slices) {
            some.parameter.keepSlices(some.dim, some.positions(count, kept));
        }
        for (BatchNorm norm : norms) {
            norm.keepChannels(Arrays.stream(kept).asLongStream().toArray());
        }
        count = kept.length;
    }

    private void check(int... kept) {
        boolean fine = kept.length > 0 && kept[0] >= 0 && kept[kept.length - 1] < count;
        for (int i = 1; i < kept.length; i++) {
            fine &= kept[i - 1] < kept[i];
        }
        if (!fine) {
            throw new TensorException("prune: " + name + ", units " + Arrays.toString(kept) + " of " + count
                    + " (expected at least one, in ascending order, from 0 to " + (count - 1) + "); sort them");
        }
    }

    /**
     * Makes a model as small as a saved one, so that its weights can be loaded: a pruned model is read by making the whole one,
     * fitting it, and loading.
     *
     * @param model the model as it was before pruning
     * @param sizes the shapes of saved parameters by name
     * @return how many kinds of units became fewer
     */
    public static int fit(Layer model, Map<String, Shape> sizes) {
        Objects.requireNonNull(sizes, "sizes");
        Map<Parameter, String> names = new HashMap<>();
        model.namedParameters().forEach((name, parameter) -> names.put(parameter, name));
        int changed = 0;
        for (Units units : of(model).values()) {
            Slices first = units.slices.getFirst();
            Shape saved = sizes.get(String.valueOf(names.get(first.parameter)));
            int own = first.each * first.parts;
            if (saved == null || saved.rank() != first.parameter.leaf().shape().rank()) {
                continue;
            }
            long size = saved.size(first.dim);
            if (size > 0 && size % own == 0 && size / own < units.count) {
                units.keep(IntStream.range(0, Math.toIntExact(size / own)).toArray());
                changed++;
            }
        }
        return changed;
    }

    @Override
    public String toString() {
        return count + " units of " + name;
    }
}
