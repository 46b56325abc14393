package dev.lanewise.lm.adapter;

import dev.lanewise.lm.adapter.LoraConfig.Kind;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions: the first factor is a convolution of all input channels to as many channels as ranks, with the layer's kernel,
 * stride and padding; the second has a kernel of 1 and the layer's groups.
 */
record Convolutions(Layer layer, Parameter weight, @Nullable Parameter bias, Window window, int groups)
        implements Site {
    private Shape shape() {
        return weight.leaf().shape();
    }

    private int dims() {
        return shape().rank() - 2;
    }

    private long in() {
        return shape().size(1) * groups;
    }

    @Override
    public Tensor dense() {
        return weight.tensor();
    }

    @Override
    public void check(String name, LoraConfig config) {
        if (!window.dilation().stream().allMatch(step -> step == 1)) {
            throw refused(name, "a dilation of " + window.dilation(), "1, as peft's adapters have none");
        }
        int rank = config.rankOf(name);
        if (config.kind() != Kind.IA3 && rank % groups != 0) {
            throw refused(name, groups + " groups and rank " + rank, "a rank that the groups divide");
        }
        if (config.kind() == Kind.DORA && groups > 1) {
            throw refused(name, groups + " groups with DoRA", "one group; use LORA");
        }
    }

    private static TensorException refused(String name, String given, String expected) {
        return new TensorException("lora: convolution '" + name + "' of " + given + " (expected " + expected
                + "); change it, or leave it out of the targets");
    }

    private Shape kernel(long first, long second, boolean ones) {
        long[] sizes = shape().toArray();
        sizes[0] = first;
        sizes[1] = second;
        if (ones) {
            Arrays.fill(sizes, 2, sizes.length, 1);
        }
        return Shape.of(sizes);
    }

    @Override
    public Shape first(long rank) {
        return kernel(rank, in(), false);
    }

    @Override
    public Shape second(long rank) {
        return kernel(shape().size(0), rank / groups, true);
    }

    @Override
    public long fanIn() {
        return first(1).elements();
    }

    @Override
    public Tensor update(Tensor x, Tensor a, Tensor b) {
        return convolved(convolved(x, a, window, 1), b, Window.of(1), groups);
    }

    private Tensor convolved(Tensor x, Tensor kernel, Window by, int parts) {
        return switch (dims()) {
            case 1 -> x.conv1d(kernel, null, by, parts);
            case 2 -> x.conv2d(kernel, null, by, parts);
            default -> x.conv3d(kernel, null, by, parts);
        };
    }

    @Override
    public void requireMergeable() {
        if (groups > 1) {
            throw new TensorException("lora: merge into a convolution of " + groups
                    + " groups (expected one: the update mixes channels of all groups); use the adapter as it is");
        }
    }

    @Override
    public Tensor delta(Tensor a, Tensor b) {
        return b.flatten(1).matmul(a.flatten(1)).reshape(shape());
    }

    @Override
    public Tensor norm(Tensor weight) {
        int[] all = IntStream.range(1, shape().rank()).toArray();
        return weight.norm(all, Keep.KEEP).transpose(0, 1);
    }

    @Override
    public Tensor overWeight(Tensor each) {
        return each.transpose(0, 1);
    }

    @Override
    public Tensor overResult(Tensor channels) {
        return channels.reshape(channel(channels.shape().size(0)));
    }

    private Shape channel(long count) {
        long[] sizes = new long[shape().rank()];
        Arrays.fill(sizes, 1);
        sizes[1] = count;
        return Shape.of(sizes);
    }

    @Override
    public boolean hasScales() {
        return dims() > 1;
    }

    @Override
    public Shape scales(boolean ofInput) {
        return channel(ofInput ? in() : shape().size(0));
    }

    @Override
    public Tensor overActivations(Tensor scales) {
        return scales;
    }

    @Override
    public Tensor scalesOverWeight(Tensor scales, boolean ofInput) {
        if (!ofInput) {
            return scales.transpose(0, 1);
        }
        long each = shape().size(0) / groups;
        long channels = shape().size(1);
        Tensor rows = scales.flatten()
                .reshape(groups, 1, channels)
                .expand(groups, each, channels)
                .reshape(shape().size(0), channels);
        return rows.reshape(kernel(shape().size(0), channels, true));
    }
}
