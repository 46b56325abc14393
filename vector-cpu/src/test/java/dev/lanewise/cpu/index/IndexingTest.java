package dev.lanewise.cpu.index;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.positions;
import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.view.Slice;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

class IndexingTest {
    private static final List<DType> WITHOUT_HALVES =
            List.of(DType.F32, DType.F64, DType.I8, DType.U8, DType.I32, DType.I64);
    private final Random random = new Random(6);

    @Test
    void joiningEqualsTheOracleForEveryType() {
        for (DType dtype : DType.values()) {
            for (Layout layout : Layout.values()) {
                Tensor a = random(random, dtype, layout, 3, 4, 5);
                Tensor b = random(random, dtype, layout, 3, 4, 5);
                for (int dim = 0; dim < 3; dim++) {
                    Cat cat = new Cat(dim);
                    check(cat, (in, out) -> Joining.run(cat, in, out), 0, a, b, a);
                    SliceGrad grad = new SliceGrad(new Slice(dim, 2, a.shape().size(dim), 3), 30);
                    check(grad, (in, out) -> Joining.run(grad, in, out), 0, a);
                }
                for (double value : new double[] {0, 1, 2.5, -1}) {
                    Pad pad = new Pad(List.of(1L, 0L, 2L), List.of(0L, 3L, 1L), dtype == DType.BOOL ? 1 : value);
                    check(pad, (in, out) -> Joining.run(pad, in, out), 0, a);
                }
            }
        }
    }

    @Test
    void catOfDifferentSizesEqualsTheOracle() {
        Cat op = new Cat(1);
        Tensor a = random(random, DType.F32, Layout.DENSE, 40, 70);
        Tensor b = random(random, DType.F32, Layout.TRANSPOSED, 40, 0);
        Tensor c = random(random, DType.F32, Layout.TRANSPOSED, 40, 300);
        check(op, (in, out) -> Joining.run(op, in, out), 0, a, b, c);
    }

    @Test
    void selectionEqualsTheOracleForEveryType() {
        for (DType dtype : DType.values()) {
            for (Layout layout : Layout.values()) {
                Tensor x = random(random, dtype, layout, 6, 6, 7);
                for (int dim = 0; dim < 3; dim++) {
                    IndexSelect select = new IndexSelect(dim);
                    BiConsumer<Tensor[], Tensor[]> kernel = (in, out) -> Selection.run(select, in, out);
                    check(select, kernel, 0, x, positions(random, layout, 6, 4, 2));
                    check(select, kernel, 0, x, positions(random, layout, 6));
                    Gather gather = new Gather(dim);
                    Tensor index = positions(random, layout, 6, 5, 6, 5);
                    check(gather, (in, out) -> Selection.run(gather, in, out), 0, x, index);
                }
            }
        }
    }

    @Test
    void indexAddEqualsTheOracle() {
        for (DType dtype : WITHOUT_HALVES) {
            for (Layout layout : Layout.values()) {
                Tensor slices = random(random, dtype, layout, 6, 9, 9, 5);
                for (int dim = 0; dim < 3; dim++) {
                    IndexAdd op = new IndexAdd(dim, 8);
                    long[] sizes = dim == 1
                            ? new long[] {9, 9}
                            : new long[] {slices.shape().size(dim)};
                    Tensor index = positions(random, layout, 8, sizes);
                    check(op, (in, out) -> Scattering.run(op, in, out), 1e-5, slices, index);
                }
            }
        }
        IndexAdd embedding = new IndexAdd(0, 20_000);
        Tensor rows = random(random, DType.F32, Layout.DENSE, 32, 10, 64);
        Tensor index = positions(random, Layout.DENSE, 20_000, 32, 10);
        check(embedding, (in, out) -> Scattering.run(embedding, in, out), 1e-5, rows, index);
    }

    @Test
    void scatterOfEveryKindEqualsTheOracle() {
        for (Scatter.Kind kind : Scatter.Kind.values()) {
            for (DType dtype : WITHOUT_HALVES) {
                for (Layout layout : Layout.values()) {
                    Tensor x = random(random, dtype, layout, 5, 6, 7);
                    Tensor index = positions(random, layout, 5, 4, 6, 5);
                    Tensor elements = random(random, dtype, layout, 4, 6, 5);
                    for (int dim = 0; dim < 3; dim++) {
                        Scatter op = new Scatter(kind, dim);
                        check(op, (in, out) -> Scattering.run(op, in, out), 1e-5, x, index, elements);
                    }
                }
            }
        }
    }

    @Test
    void scatterOfWholeRowsEqualsTheOracle() {
        for (Scatter.Kind kind : List.of(Scatter.Kind.SET, Scatter.Kind.ADD, Scatter.Kind.AMAX)) {
            Scatter op = new Scatter(kind, 0);
            for (DType dtype : WITHOUT_HALVES) {
                for (Layout layout : Layout.values()) {
                    // 3 elements are copied one by one, 40 in bulk; rows come several times, in an order that counts
                    for (long width : new long[] {3, 40}) {
                        Tensor x = random(random, dtype, layout, 5, 2, width);
                        Tensor rows =
                                positions(random, Layout.DENSE, 5, 9, 1, 1).expand(9, 2, width);
                        Tensor elements = random(random, dtype, layout, 9, 2, width);
                        check(op, (in, out) -> Scattering.run(op, in, out), 1e-5, x, rows, elements);
                    }
                    Tensor part = positions(random, Layout.DENSE, 5, 4, 1).expand(4, 2);
                    Tensor elements = random(random, dtype, layout, 4, 2);
                    Tensor wider = random(random, dtype, layout, 5, 3);
                    check(op, (in, out) -> Scattering.run(op, in, out), 1e-5, wider, part, elements);
                }
            }
            // several tasks
            Tensor x = random(random, DType.F32, Layout.DENSE, 300, 256);
            Tensor rows = positions(random, Layout.DENSE, 300, 400, 1).expand(400, 256);
            Tensor elements = random(random, DType.F32, Layout.DENSE, 400, 256);
            check(op, (in, out) -> Scattering.run(op, in, out), 1e-5, x, rows, elements);
        }
        Tensor outside = tensor(DType.I64, Shape.of(2, 1), 3, 11).expand(2, 2);
        Tensor two = random(random, DType.F32, Layout.DENSE, 2, 2);
        refuses(
                "scatter: position 11 at element 1",
                new Scatter(Scatter.Kind.SET, 0),
                random(random, DType.F32, Layout.DENSE, 11, 2),
                outside,
                two);
    }

    @Test
    void positionsOutsideNameTheirPlace() {
        Tensor x = random(random, DType.F32, Layout.DENSE, 11, 2);
        for (long bad : new long[] {11, -1}) {
            Tensor rows = tensor(DType.I64, Shape.of(5), 0, 1, 10, bad, 3);
            Tensor index = tensor(DType.I64, Shape.of(2, 2), 0, 1, 10, bad);
            Tensor elements = random(random, DType.F32, Layout.DENSE, 2, 2);
            refuses("index_select: position " + bad + " at element 3", new IndexSelect(0), x, rows);
            refuses("gather: position " + bad + " at element 3", new Gather(0), x, index);
            refuses("scatter_add: position " + bad, new Scatter(Scatter.Kind.ADD, 0), x, index, elements);
            Tensor slices = random(random, DType.F32, Layout.DENSE, 5, 2);
            refuses("index_add: position " + bad + " at element 3", new IndexAdd(0, 11), slices, rows);
        }
    }

    private static void refuses(String message, Op op, Tensor... inputs) {
        Tensor[] outputs = OpCheck.results(op, inputs);
        assertThatThrownBy(() -> {
                    switch (op) {
                        case IndexSelect select -> Selection.run(select, inputs, outputs);
                        case Gather gather -> Selection.run(gather, inputs, outputs);
                        case Scatter scatter -> Scattering.run(scatter, inputs, outputs);
                        case IndexAdd add -> Scattering.run(add, inputs, outputs);
                        default -> throw new AssertionError(op);
                    }
                })
                .isInstanceOf(TensorException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("dimension 0 of size 11");
    }
}
