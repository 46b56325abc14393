package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random shapes: views compose, reshape keeps the order, broadcasting is what expanding both operands gives. */
class ViewProperties {
    @Provide
    Arbitrary<List<Long>> sizes() {
        return Arbitraries.longs().between(0, 4).list().ofMinSize(0).ofMaxSize(4);
    }

    private static Tensor numbered(List<Long> sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.arange(shape.elements()).reshape(shape);
    }

    /** A random permutation or step of the tensor, and the same of a dense copy. */
    private static Tensor view(Tensor x, Random random) {
        int rank = x.shape().rank();
        if (rank == 0) {
            return x;
        }
        int dim = random.nextInt(rank);
        return switch (random.nextInt(4)) {
            case 0 -> {
                List<Integer> order = new ArrayList<>();
                for (int d = 0; d < rank; d++) {
                    order.add(d);
                }
                Collections.shuffle(order, random);
                yield x.permute(order.stream().mapToInt(Integer::intValue).toArray());
            }
            case 1 -> x.slice(dim, random.nextInt(3), Long.MAX_VALUE, 1 + random.nextInt(3));
            case 2 -> x.unsqueeze(dim);
            default -> x.expand(x.shape().insert(0, 2));
        };
    }

    @Property(tries = 300)
    void viewsOfViewsAreViewsOfCopies(@ForAll("sizes") List<Long> sizes, @ForAll long seed) {
        Tensor view = numbered(sizes);
        Tensor copy = view;
        Random first = new Random(seed);
        Random second = new Random(seed);
        for (int i = 0; i < 4; i++) {
            view = view(view, first);
            copy = view(copy, second).copy();
        }
        assertThat(view.shape()).isEqualTo(copy.shape());
        assertThat(view.toLongArray()).isEqualTo(copy.toLongArray());
    }

    @Property(tries = 300)
    void reshapeKeepsRowMajorOrder(@ForAll("sizes") List<Long> sizes, @ForAll long seed) {
        Random random = new Random(seed);
        Tensor x = view(view(numbered(sizes), random), random);
        long[] elements = x.toLongArray();
        assertThat(x.reshape(Shape.of(elements.length)).toLongArray()).isEqualTo(elements);
        assertThat(x.unsqueeze(0).squeeze(0).toLongArray()).isEqualTo(elements);
        if (x.shape().rank() > 1 && elements.length > 0) {
            assertThat(x.flatten(0, 1).toLongArray()).isEqualTo(elements);
            assertThat(x.squeeze().toLongArray()).isEqualTo(elements);
        }
    }

    @Property(tries = 300)
    void broadcastingIsExpandingBoth(@ForAll("sizes") List<Long> sizes, @ForAll long seed) {
        Random random = new Random(seed);
        Tensor a = numbered(ones(sizes, random));
        Tensor b = numbered(ones(sizes.subList(random.nextInt(sizes.size() + 1), sizes.size()), random));
        Shape shape = Shape.broadcast("add", a.shape(), b.shape());
        Tensor sum = a.add(b);
        assertThat(sum.shape()).isEqualTo(shape);
        assertThat(sum.toLongArray())
                .isEqualTo(a.expand(shape).copy().add(b.expand(shape).copy()).toLongArray());
        assertThat(b.add(a).toLongArray()).isEqualTo(sum.toLongArray());
    }

    private static List<Long> ones(List<Long> sizes, Random random) {
        return sizes.stream().map(size -> random.nextInt(3) == 0 ? 1L : size).toList();
    }

    @Property(tries = 200)
    void permutingBackGivesTheTensor(@ForAll("sizes") List<Long> sizes, @ForAll long seed) {
        Tensor x = numbered(sizes).to(DType.F32);
        int rank = x.shape().rank();
        List<Integer> order = new ArrayList<>();
        for (int d = 0; d < rank; d++) {
            order.add(d);
        }
        Collections.shuffle(order, new Random(seed));
        int[] inverse = new int[rank];
        for (int d = 0; d < rank; d++) {
            inverse[order.get(d)] = d;
        }
        Tensor back =
                x.permute(order.stream().mapToInt(Integer::intValue).toArray()).permute(inverse);
        assertThat(Arrays.equals(back.toFloatArray(), x.toFloatArray())).isTrue();
        assertThat(back.isContiguous()).isTrue();
    }
}
