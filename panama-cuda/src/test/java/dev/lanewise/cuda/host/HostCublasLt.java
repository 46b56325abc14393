package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.ComputeType;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Epilogue;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * cuBLASLt on host memory by plain loops that sum in double precision. It checks what the library checks: that every handle
 * is alive, that the sizes of the operands fit, and that strides are long enough.
 */
public final class HostCublasLt implements CublasLt {
    private static final class Product {
        boolean transposeA;
        boolean transposeB;
        Epilogue epilogue = Epilogue.NONE;
        long bias;
    }

    private static final class Wishes {
        int[] alignments = {256, 256, 256, 256};
        boolean partsInComputeType;
    }

    /** How an algorithm computes: the alignments it relies on, and whether the parts of a sum over k are rounded to the result's type. */
    private record Choice(int[] alignments, boolean roundsParts) {}

    private static final class Matrices {
        final DataType type;
        final long rows;
        final long columns;
        final long stride;
        int count = 1;
        long batch;

        Matrices(DataType type, long rows, long columns, long stride) {
            this.type = type;
            this.rows = rows;
            this.columns = columns;
            this.stride = stride;
        }
    }

    private final AtomicLong next = new AtomicLong(0x1000);
    private final Map<Object, Object> alive = new ConcurrentHashMap<>();
    private final Map<Long, Choice> choices = new ConcurrentHashMap<>();
    private final boolean epilogues;
    private final BiConsumer<Driver.Stream, Runnable> queue;
    private volatile boolean reluLosesNaN;

    /** With {@code epilogues} or, as the library for some types, with none; products run when they are queued. */
    public HostCublasLt(boolean epilogues) {
        this(epilogues, (stream, work) -> work.run());
    }

    /** With another way to queue a product. */
    public HostCublasLt(boolean epilogues, BiConsumer<Driver.Stream, Runnable> queue) {
        this.epilogues = epilogues;
        this.queue = queue;
    }

    /** Lets ReLU make zeros of NaN, as the greater of a number and zero is for many instructions. */
    public HostCublasLt losingNaN() {
        reluLosesNaN = true;
        return this;
    }

    /** How many handles have not been destroyed. */
    public int alive() {
        return alive.size();
    }

    private MemorySegment address() {
        return MemorySegment.ofAddress(next.addAndGet(0x40));
    }

    private <H> H add(H handle, Object state) {
        alive.put(handle, state);
        return handle;
    }

    private void remove(Object handle) {
        if (alive.remove(handle) == null) {
            throw new AssertionError(handle + " is not alive");
        }
    }

    private <S> S state(Object handle, Class<S> type) {
        Object state = alive.get(handle);
        if (state == null) {
            throw new AssertionError(handle + " is not alive");
        }
        return type.cast(state);
    }

    @Override
    public Version version() {
        return new Version(13, 1, 0);
    }

    @Override
    public Handle create() {
        return add(new Handle(address()), "handle");
    }

    @Override
    public void destroy(Handle handle) {
        remove(handle);
    }

    @Override
    public Matmul createMatmul(ComputeType compute, DataType scale) {
        return add(new Matmul(address(), scale), new Product());
    }

    @Override
    public void setTransposed(Matmul matmul, boolean a, boolean b) {
        Product product = state(matmul, Product.class);
        product.transposeA = a;
        product.transposeB = b;
    }

    @Override
    public void setEpilogue(Matmul matmul, Epilogue epilogue) {
        state(matmul, Product.class).epilogue = epilogue;
    }

    @Override
    public void setBias(Matmul matmul, long address, DataType type) {
        state(matmul, Product.class).bias = address;
    }

    @Override
    public void destroy(Matmul matmul) {
        remove(matmul);
    }

    @Override
    public Layout createLayout(DataType type, long rows, long columns, long stride) {
        return add(new Layout(address()), new Matrices(type, rows, columns, stride));
    }

    @Override
    public void setBatch(Layout layout, int count, long stride) {
        Matrices matrices = state(layout, Matrices.class);
        matrices.count = count;
        matrices.batch = stride;
    }

    @Override
    public void destroy(Layout layout) {
        remove(layout);
    }

    @Override
    public Preference createPreference(long workspaceBytes) {
        return add(new Preference(address()), new Wishes());
    }

    @Override
    public void setAlignment(Preference preference, int a, int b, int c, int d) {
        int[] alignments = {a, b, c, d};
        for (int alignment : alignments) {
            if (Integer.bitCount(alignment) != 1) {
                throw new AssertionError("alignment " + alignment + " (expected a power of two)");
            }
        }
        state(preference, Wishes.class).alignments = alignments;
    }

    @Override
    public void sumPartsInComputeType(Preference preference) {
        state(preference, Wishes.class).partsInComputeType = true;
    }

    @Override
    public void destroy(Preference preference) {
        remove(preference);
    }

    @Override
    public List<Algorithm> algorithms(
            Handle handle, Matmul matmul, Layout a, Layout b, Layout c, Layout d, Preference preference, int count) {
        state(handle, String.class);
        Wishes wishes = state(preference, Wishes.class);
        Product product = state(matmul, Product.class);
        check(product, state(a, Matrices.class), state(b, Matrices.class), state(d, Matrices.class));
        boolean known = epilogues || product.epilogue == Epilogue.NONE;
        if (!known) {
            return List.of();
        }
        MemorySegment algorithm = address();
        choices.put(algorithm.address(), new Choice(wishes.alignments, !wishes.partsInComputeType));
        return List.of(new Algorithm(algorithm, 1024));
    }

    private static void check(Product product, Matrices a, Matrices b, Matrices d) {
        long m = product.transposeA ? a.columns : a.rows;
        long k = product.transposeA ? a.rows : a.columns;
        long kb = product.transposeB ? b.columns : b.rows;
        long n = product.transposeB ? b.rows : b.columns;
        boolean fits = m == d.rows && n == d.columns && k == kb;
        for (Matrices each : List.of(a, b, d)) {
            fits &= each.stride >= each.rows && each.count == d.count;
        }
        if (!fits) {
            throw CudaException.failed("cublasLtMatmul", 7, "CUBLAS_STATUS_INVALID_VALUE", "");
        }
    }

    @Override
    public void matmul(
            Handle handle,
            Matmul matmul,
            double alpha,
            Operand a,
            Operand b,
            double beta,
            Operand c,
            Operand d,
            Algorithm algorithm,
            long workspace,
            long workspaceBytes,
            Driver.Stream stream) {
        state(handle, String.class);
        Product product = state(matmul, Product.class);
        Matrices left = state(a.layout(), Matrices.class);
        Matrices right = state(b.layout(), Matrices.class);
        Matrices out = state(d.layout(), Matrices.class);
        check(product, left, right, out);
        if (workspaceBytes < algorithm.workspaceBytes() || workspace == 0) {
            throw CudaException.failed("cublasLtMatmul", 7, "CUBLAS_STATUS_INVALID_VALUE", "workspace");
        }
        Choice choice = choices.get(algorithm.algorithm().address());
        long[] addresses = {a.address(), b.address(), c.address(), d.address()};
        for (int i = 0; i < addresses.length; i++) {
            if (addresses[i] % choice.alignments[i] != 0) {
                throw CudaException.failed("cublasLtMatmul", 7, "CUBLAS_STATUS_INVALID_VALUE", "alignment");
            }
        }
        Epilogue epilogue = product.epilogue;
        long bias = product.bias;
        // the bias is read in the pieces in which the result is written
        if (hasBias(epilogue) && bias % Math.min(choice.alignments[3], 16) != 0) {
            throw CudaException.failed("cublasLtMatmul", 7, "CUBLAS_STATUS_INVALID_VALUE", "alignment of the bias");
        }
        boolean transposeA = product.transposeA;
        boolean transposeB = product.transposeB;
        long k = transposeA ? left.rows : left.columns;
        queue.accept(stream, () -> {
            for (int batch = 0; batch < out.count; batch++) {
                double[] rows = vectors(left, a.address(), batch, !transposeA);
                double[] columns = vectors(right, b.address(), batch, transposeB);
                for (int column = 0; column < out.columns; column++) {
                    for (int row = 0; row < out.rows; row++) {
                        double total = alpha * sum(rows, row, columns, column, (int) k, choice.roundsParts, out.type);
                        long at = batch * out.batch + column * out.stride + row;
                        HostElements.set(out.type, d.address(), at, finish(epilogue, bias, out.type, row, total));
                    }
                }
            }
        });
    }

    private static double sum(
            double[] rows, int row, double[] columns, int column, int k, boolean roundsParts, DataType type) {
        double total = 0;
        for (int i = 0; i < k; i++) {
            if (roundsParts && i == k / 2) {
                total = HostElements.rounded(type, total);
            }
            total += rows[row * k + i] * columns[column * k + i];
        }
        return total;
    }

    /** The rows of a matrix one after the other, or its columns, which lie so in memory. */
    private static double[] vectors(Matrices matrices, long address, int batch, boolean rows) {
        int count = (int) (rows ? matrices.rows : matrices.columns);
        int length = (int) (rows ? matrices.columns : matrices.rows);
        double[] vectors = new double[Math.multiplyExact(count, length)];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < length; j++) {
                long at = batch * matrices.batch + (rows ? j * matrices.stride + i : i * matrices.stride + j);
                vectors[i * length + j] = HostElements.get(matrices.type, address, at);
            }
        }
        return vectors;
    }

    private static boolean hasBias(Epilogue epilogue) {
        return epilogue == Epilogue.BIAS || epilogue == Epilogue.RELU_BIAS;
    }

    private double relu(double sum) {
        return reluLosesNaN && Double.isNaN(sum) ? 0 : Math.max(sum, 0);
    }

    private double finish(Epilogue epilogue, long bias, DataType type, long row, double sum) {
        return switch (epilogue) {
            case NONE -> sum;
            case BIAS -> sum + HostElements.get(type, bias, row);
            case RELU -> relu(sum);
            case RELU_BIAS -> relu(sum + HostElements.get(type, bias, row));
        };
    }
}
