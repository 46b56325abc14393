package dev.lanewise.distributed;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Sums gradients over all ranks in buckets: a bucket is sent as soon as its gradients are final, and the buckets in the same order
 * on all ranks, from the last parameters to the first, as the backward pass finds them. Behind a bucket's numbers is one for each
 * parameter: on how many ranks it has a gradient.
 */
final class GradientBuckets {
    private final Courier courier;
    private final List<Parameter> parameters;
    private final List<Bucket> buckets = new ArrayList<>();
    private final Bucket[] bucketOf;
    private final boolean[] placed;
    private int sent;

    /** Some of the parameters, from the last to the first, of one type. */
    private static final class Bucket {
        final DType type;
        final List<Integer> members = new ArrayList<>();
        final Map<Integer, Long> offsets = new LinkedHashMap<>();
        long elements;
        MemorySegment data = MemorySegment.NULL;
        int missing;

        @Nullable
        Future<?> pending;

        Bucket(DType type) {
            this.type = type;
        }

        void add(int index, long size) {
            members.add(index);
            offsets.put(index, elements);
            elements += size;
        }

        void allocate() {
            data = Arena.ofAuto().allocate((elements + members.size()) * type.bytes(), 64);
        }

        MemorySegment of(int index, long size) {
            return data.asSlice(Objects.requireNonNull(offsets.get(index)) * type.bytes(), size * type.bytes());
        }

        void mark(int index, boolean present) {
            long place = elements + members.indexOf(index);
            if (type == DType.F64) {
                data.setAtIndex(ValueLayout.JAVA_DOUBLE, place, present ? 1 : 0);
            } else {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, place, present ? 1 : 0);
            }
        }

        boolean isMarked(int index) {
            long place = elements + members.indexOf(index);
            return type == DType.F64
                    ? data.getAtIndex(ValueLayout.JAVA_DOUBLE, place) > 0
                    : data.getAtIndex(ValueLayout.JAVA_FLOAT, place) > 0;
        }
    }

    GradientBuckets(Courier courier, List<Parameter> parameters, long bytes) {
        this.courier = courier;
        this.parameters = List.copyOf(parameters);
        placed = new boolean[parameters.size()];
        bucketOf = new Bucket[parameters.size()];
        for (int i = parameters.size() - 1; i >= 0; i--) {
            Tensor leaf = parameters.get(i).leaf();
            DType type = sumType(leaf);
            Bucket last = buckets.isEmpty() ? null : buckets.getLast();
            if (last == null || last.type != type || last.elements * type.bytes() >= bytes) {
                last = new Bucket(type);
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
        for (Bucket bucket : buckets) {
            bucket.missing = bucket.members.size();
            bucket.pending = null;
            bucket.members.forEach(index -> bucket.mark(index, false));
        }
    }

    private void arrived(int index, Tensor gradient) {
        Bucket bucket = bucketOf[index];
        gradient.to(bucket.type).copyTo(bucket.of(index, gradient.shape().elements()));
        bucket.mark(index, true);
        placed(index, bucket);
    }

    private void placed(int index, Bucket bucket) {
        placed[index] = true;
        bucket.missing--;
        send();
    }

    private void send() {
        while (sent < buckets.size() && buckets.get(sent).missing == 0) {
            Bucket bucket = buckets.get(sent++);
            bucket.pending = courier.sum(bucket.data, bucket.type);
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
            courier.await(Objects.requireNonNull(bucket.pending));
            for (int index : bucket.members) {
                result(bucket, index, dense);
            }
        }
        return Gradients.from(dense, Map.of());
    }

    /** What the backward pass did not tell of: no gradient, or one that was final only with the last of all. */
    private void rest(int index, Gradients mine) {
        Tensor leaf = parameters.get(index).leaf();
        if (mine.has(leaf)) {
            arrived(index, mine.of(leaf));
            return;
        }
        Bucket bucket = bucketOf[index];
        bucket.of(index, leaf.shape().elements()).fill((byte) 0);
        placed(index, bucket);
    }

    private void result(Bucket bucket, int index, Map<Tensor, Tensor> dense) {
        Tensor leaf = parameters.get(index).leaf();
        Shape shape = leaf.shape();
        if (bucket.isMarked(index)) {
            Tensor sum = Storage.over(bucket.of(index, shape.elements()), bucket.type, shape);
            dense.put(leaf, sum.to(leaf.dtype()).to(leaf.device()));
        }
    }
}
