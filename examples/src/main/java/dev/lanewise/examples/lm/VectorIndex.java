package dev.lanewise.examples.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/**
 * Vectors of length 1 that are searched for those of largest product with another: all of them, or only those in the cells
 * whose centres are nearest (inverted lists, Jégou et al. 2011, doi:10.1109/TPAMI.2010.57).
 */
final class VectorIndex {
    private static final int ROUNDS = 10;

    private final Tensor vectors;
    private final Tensor centres;
    private final Tensor[] cells;
    private final long[][] members;

    private VectorIndex(Tensor vectors, Tensor centres, Tensor[] cells, long[][] members) {
        this.vectors = vectors;
        this.centres = centres;
        this.cells = cells;
        this.members = members;
    }

    /** Cells by k-means on the sphere, from vectors that lie evenly apart in the list. */
    static VectorIndex of(float[][] rows, int cells) {
        Tensor vectors = Tensor.of((Object) rows).keep();
        try (Scope ignored = Scope.open("index")) {
            return Autograd.noGrad(() -> {
                long[] first = new long[cells];
                Arrays.setAll(first, i -> (long) i * rows.length / cells);
                Tensor centres = vectors.indexSelect(0, Tensor.of(first));
                for (int round = 0; round < ROUNDS; round++) {
                    centres = moved(vectors, centres);
                }
                long[] nearest = nearest(vectors, centres).toLongArray();
                Tensor[] lists = new Tensor[cells];
                long[][] members = new long[cells][];
                for (int cell = 0; cell < cells; cell++) {
                    members[cell] = places(nearest, cell);
                    lists[cell] =
                            vectors.indexSelect(0, Tensor.of(members[cell])).keep();
                }
                return new VectorIndex(vectors, centres.keep(), lists, members);
            });
        }
    }

    private static Tensor nearest(Tensor vectors, Tensor centres) {
        return vectors.matmul(centres.transpose(0, 1)).argmax(1);
    }

    private static Tensor moved(Tensor vectors, Tensor centres) {
        Tensor nearest = nearest(vectors, centres).unsqueeze(1).expand(vectors.shape());
        Tensor sums = centres.zerosLike().scatterAdd(0, nearest, vectors);
        Tensor lengths = sums.norm(-1, Keep.KEEP);
        // a cell that lost all its vectors keeps its centre
        return lengths.gt(0).where(sums.div(lengths.clamp(1e-12, Double.POSITIVE_INFINITY)), centres);
    }

    private static long[] places(long[] nearest, int cell) {
        long[] all = new long[nearest.length];
        int count = 0;
        for (int i = 0; i < nearest.length; i++) {
            if (nearest[i] == cell) {
                all[count++] = i;
            }
        }
        return Arrays.copyOf(all, count);
    }

    /** A vector that was found. */
    record Hit(long place, double score) {}

    /** The best of all, best first. */
    Hit[] exact(float[] query, int count) {
        try (Scope ignored = Scope.open("search")) {
            return Autograd.noGrad(() -> {
                Tensor scores = vectors.matmul(Tensor.of(query));
                int most = (int) Math.min(count, scores.shape().elements());
                var best = scores.topk(most, -1, true);
                long[] places = best.indices().toLongArray();
                double[] values = best.values().to(DType.F64).toDoubleArray();
                Hit[] hits = new Hit[most];
                Arrays.setAll(hits, i -> new Hit(places[i], values[i]));
                return hits;
            });
        }
    }

    /** The best of those in the cells that are nearest. */
    Hit[] near(float[] query, int count, int probes) {
        try (Scope ignored = Scope.open("search")) {
            return Autograd.noGrad(() -> {
                Tensor q = Tensor.of(query);
                int looked = Math.min(probes, cells.length);
                long[] order =
                        centres.matmul(q).topk(looked, -1, true).indices().toLongArray();
                return Arrays.stream(order)
                        .mapToInt(Math::toIntExact)
                        .filter(cell -> members[cell].length > 0)
                        .boxed()
                        .flatMap(cell -> {
                            double[] scores =
                                    cells[cell].matmul(q).to(DType.F64).toDoubleArray();
                            Hit[] hits = new Hit[scores.length];
                            Arrays.setAll(hits, i -> new Hit(members[cell][i], scores[i]));
                            return Arrays.stream(hits);
                        })
                        .sorted((a, b) -> Double.compare(b.score, a.score))
                        .limit(count)
                        .toArray(Hit[]::new);
            });
        }
    }
}
