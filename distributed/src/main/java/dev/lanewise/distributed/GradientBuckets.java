package dev.lanewise.distributed;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sums gradients over all ranks in buckets: a bucket is sent as soon as its gradients are final, and the buckets in the same order
 * on all ranks, from the last parameters to the first, as the backward pass finds them.
 */
final class GradientBuckets {
    private final Courier courier;
    private final List<Parameter> parameters;
    private final List<Bucket> buckets = new ArrayList<>();
    private final Bucket[] bucketOf;
    private final boolean[] placed;
    private int sent;

    GradientBuckets(Courier courier, List<Parameter> parameters, long bytes) {
        this.courier = courier;
        this.parameters = List.copyOf(parameters);
        placed = new boolean[parameters.size()];
        bucketOf = new Bucket[parameters.size()];
        for (int i = parameters.size() - 1; i >= 0; i--) {
            Tensor leaf = parameters.get(i).leaf();
            DType type = sumType(leaf);
            boolean onDevice = courier.sumsOnDevice(leaf);
            Device home = onDevice ? leaf.device() : Device.CPU;
            Bucket last = buckets.isEmpty() ? null : buckets.getLast();
            if (last == null || last.type != type || !last.home.equals(home) || last.isFull(bytes)) {
                last = Bucket.of(type, home, onDevice);
                buckets.add(last);
            }
            last.add(i, leaf.shape().elements());
            bucketOf[i] = last;
        }
        buckets.forEach(Bucket::allocate);
    }

    List<Parameter> parameters() {
        return parameters;
    }

    /** 16-bit gradients are summed as F32. */
    private static DType sumType(Tensor leaf) {
        return leaf.dtype() == DType.F64 ? DType.F64 : DType.F32;
    }

    /** The gradients of the sum of all ranks' losses; sends while it computes. */
    Gradients of(Tensor loss) {
        List<Tensor> leaves = parameters.stream().map(Parameter::leaf).toList();
        begin();
        return finish(Autograd.gradients(loss, leaves, this::arrived));
    }

    /** The sums of gradients. */
    Gradients sum(Gradients mine) {
        begin();
        return finish(mine);
    }

    private void begin() {
        sent = 0;
        Arrays.fill(placed, false);
        buckets.forEach(Bucket::begin);
    }

    private void arrived(int index, Tensor gradient) {
        bucketOf[index].place(index, gradient);
        placed(index);
    }

    private void placed(int index) {
        placed[index] = true;
        while (sent < buckets.size() && buckets.get(sent).isComplete()) {
            buckets.get(sent++).send(courier);
        }
    }

    private Gradients finish(Gradients mine) {
        for (int i = parameters.size() - 1; i >= 0; i--) {
            if (!placed[i]) {
                rest(i, mine);
            }
        }
        Map<Tensor, Tensor> dense = new LinkedHashMap<>();
        for (Bucket bucket : buckets) {
            bucket.await(courier);
            for (int index : bucket.members) {
                Tensor leaf = parameters.get(index).leaf();
                Tensor sum = bucket.sum(index, leaf.shape());
                if (sum != null) {
                    dense.put(leaf, sum.to(leaf.dtype()).to(leaf.device()));
                }
            }
        }
        return Gradients.from(dense, Map.of());
    }

    /** What the backward pass did not tell of: no gradient, or one that was final only with the last of all. */
    private void rest(int index, Gradients mine) {
        Tensor leaf = parameters.get(index).leaf();
        if (mine.has(leaf)) {
            arrived(index, mine.of(leaf));
        } else {
            bucketOf[index].placeNone(index, leaf.shape().elements());
            placed(index);
        }
    }
}
