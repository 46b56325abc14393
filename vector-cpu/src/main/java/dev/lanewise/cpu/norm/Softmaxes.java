package dev.lanewise.cpu.norm;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Runs {@link Softmax} and {@link SoftmaxGrad}. */
public final class Softmaxes {
    private static final long GRAIN = 1 << 14;
    private static final int COLUMNS = 256;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle columns = Apart.of(
            MethodHandles.lookup(),
            Part.class,
            "columns",
            MethodType.methodType(void.class, SoftmaxKernel.class, long.class, long.class, long.class, int.class));

    private Softmaxes() {}

    /** Runs the operation on any strided input into a dense output. */
    public static void run(Softmax op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(inputs[0])) {
            forward(outputs[0].shape(), outputs[0].dtype().bytes(), op, x.address(), Dense.address(outputs[0]));
        }
    }

    /** Runs the operation on any strided inputs into a dense output. */
    public static void run(SoftmaxGrad op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense g = Dense.of(inputs[0]);
                Dense y = Dense.of(inputs[1])) {
            backward(
                    outputs[0].shape(),
                    outputs[0].dtype().bytes(),
                    op.forward(),
                    g.address(),
                    y.address(),
                    Dense.address(outputs[0]));
        }
    }

    private static void forward(Shape shape, int bytes, Softmax op, long x, long y) {
        boolean log = op.log();
        each(shape, bytes, op.dim(), new Part() {
            @Override
            public void rows(SoftmaxKernel kernel, long offset, long rows, int n) {
                kernel.rows(x + offset, y + offset, rows, n, log);
            }

            @Override
            public void columns(SoftmaxKernel kernel, long offset, long n, long stride, int columns) {
                kernel.columns(x + offset, y + offset, n, stride, columns, log);
            }
        });
    }

    private static void backward(Shape shape, int bytes, Softmax op, long g, long y, long gx) {
        boolean log = op.log();
        each(shape, bytes, op.dim(), new Part() {
            @Override
            public void rows(SoftmaxKernel kernel, long offset, long rows, int n) {
                kernel.gradRows(g + offset, y + offset, gx + offset, rows, n, log);
            }

            @Override
            public void columns(SoftmaxKernel kernel, long offset, long n, long stride, int columns) {
                kernel.gradColumns(g + offset, y + offset, gx + offset, n, stride, columns, log);
            }
        });
    }

    /** What is done to a block of rows or of columns that starts at a byte offset. */
    interface Part {
        void rows(SoftmaxKernel kernel, long offset, long rows, int n);

        /** Called {@linkplain Apart apart}. */
        void columns(SoftmaxKernel kernel, long offset, long n, long stride, int columns);
    }

    private static void each(Shape shape, int bytes, int dim, Part part) {
        SoftmaxKernel kernel = SoftmaxKernel.ofBytes(bytes);
        long n = shape.size(dim);
        long inner = shape.slice(dim + 1, shape.rank()).elements();
        long outer = shape.elements() / (n * inner);
        if (inner == 1) {
            Workers.forRange(
                    outer,
                    Math.max(1, GRAIN / n),
                    (from, to) -> part.rows(kernel, from * n * bytes, to - from, Math.toIntExact(n)));
            return;
        }
        long blocks = Math.ceilDiv(inner, (long) COLUMNS);
        long grain = Math.max(1, GRAIN / (n * Math.min(inner, COLUMNS)));
        Workers.forRange(outer * blocks, grain, (from, to) -> {
            for (long i = from; i < to; i++) {
                long column = i % blocks * COLUMNS;
                long first = i / blocks * n * inner + column;
                int columns = (int) Math.min(COLUMNS, inner - column);
                columnsApart(part, kernel, first * bytes, n, inner * bytes, columns);
            }
        });
    }

    private static void columnsApart(Part part, SoftmaxKernel kernel, long offset, long n, long stride, int columns) {
        try {
            Softmaxes.columns.invokeExact(part, kernel, offset, n, stride, columns);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }
}
