package dev.lanewise.cuda.host;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.HostDriver;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/** cuBLAS's factorizations on host memory, as LAPACK describes them; checks that handles are alive. */
public final class HostCublas implements Cublas {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final AtomicLong next = new AtomicLong(0x1000);
    private final Map<Handle, Driver.Stream> alive = new ConcurrentHashMap<>();
    private final BiConsumer<Driver.Stream, Runnable> queue;

    /** With a way to queue work. */
    public HostCublas(BiConsumer<Driver.Stream, Runnable> queue) {
        this.queue = queue;
    }

    /** Work runs when it is queued. */
    public HostCublas() {
        this((stream, work) -> work.run());
    }

    /** A column-major matrix in memory. */
    private record Columns(long address, int rows) {
        static Columns of(long addresses, int i, int rows) {
            return new Columns(ALL.get(JAVA_LONG, addresses + 8L * i), rows);
        }

        double get(int row, int column) {
            return ALL.get(JAVA_DOUBLE, address + 8L * ((long) column * rows + row));
        }

        void set(int row, int column, double value) {
            ALL.set(JAVA_DOUBLE, address + 8L * ((long) column * rows + row), value);
        }

        void swap(int a, int b, int columns) {
            for (int column = 0; column < columns; column++) {
                double kept = get(a, column);
                set(a, column, get(b, column));
                set(b, column, kept);
            }
        }
    }

    @Override
    public Handle create() {
        Handle handle = new Handle(MemorySegment.ofAddress(next.addAndGet(0x40)));
        alive.put(handle, HostDriver.DEFAULT_STREAM);
        return handle;
    }

    @Override
    public void destroy(Handle handle) {
        if (alive.remove(handle) == null) {
            throw new AssertionError(handle + " is not alive");
        }
    }

    @Override
    public void setStream(Handle handle, Driver.Stream stream) {
        alive.put(handle, stream);
    }

    private void queue(Handle handle, boolean parametersHold, Runnable work) {
        Driver.Stream stream = alive.get(handle);
        if (stream == null || !parametersHold) {
            throw CudaException.failed("cublas", 7, "CUBLAS_STATUS_INVALID_VALUE", handle.toString());
        }
        queue.accept(stream, work);
    }

    @Override
    public void factorLu(Handle handle, int n, long matrices, long pivots, long info, int batch) {
        queue(handle, n > 0 && batch > 0 && matrices % 8 == 0 && pivots != 0 && info != 0, () -> {
            for (int i = 0; i < batch; i++) {
                ALL.set(JAVA_INT, info + 4L * i, lu(Columns.of(matrices, i, n), n, pivots + 4L * i * n));
            }
        });
    }

    private static int lu(Columns a, int n, long pivots) {
        int singular = 0;
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int row = k + 1; row < n; row++) {
                pivot = Math.abs(a.get(row, k)) > Math.abs(a.get(pivot, k)) ? row : pivot;
            }
            ALL.set(JAVA_INT, pivots + 4L * k, pivot + 1);
            a.swap(k, pivot, n);
            if (a.get(k, k) == 0) {
                singular = singular == 0 ? k + 1 : singular;
                continue;
            }
            for (int row = k + 1; row < n; row++) {
                a.set(row, k, a.get(row, k) / a.get(k, k));
                for (int column = k + 1; column < n; column++) {
                    a.set(row, column, a.get(row, column) - a.get(row, k) * a.get(k, column));
                }
            }
        }
        return singular;
    }

    @Override
    public void solveLu(Handle handle, int n, int columns, long matrices, long pivots, long rightSides, int batch) {
        queue(handle, n > 0 && columns > 0 && batch > 0, () -> {
            for (int i = 0; i < batch; i++) {
                Columns b = Columns.of(rightSides, i, n);
                solve(Columns.of(matrices, i, n), n, pivots + 4L * i * n, b, columns);
            }
        });
    }

    private static void solve(Columns lu, int n, long pivots, Columns b, int columns) {
        for (int k = 0; k < n; k++) {
            b.swap(k, ALL.get(JAVA_INT, pivots + 4L * k) - 1, columns);
        }
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < n; row++) {
                for (int k = 0; k < row; k++) {
                    b.set(row, column, b.get(row, column) - lu.get(row, k) * b.get(k, column));
                }
            }
        }
        substitute(lu, true, n, b, columns);
    }

    @Override
    public void solveTriangle(Handle handle, boolean upper, int n, int columns, long matrix, long rightSide) {
        boolean hold = n > 0 && columns > 0 && isElement(matrix) && isElement(rightSide) && matrix != rightSide;
        queue(handle, hold, () -> substitute(new Columns(matrix, n), upper, n, new Columns(rightSide, n), columns));
    }

    @Override
    public void solveTriangles(
            Handle handle, boolean upper, int n, int columns, long matrices, long rightSides, int batch) {
        boolean hold = n > 0 && columns > 0 && batch > 0 && isElement(matrices) && isElement(rightSides);
        queue(handle, hold, () -> {
            for (int i = 0; i < batch; i++) {
                Columns a = Columns.of(matrices, i, n);
                Columns b = Columns.of(rightSides, i, n);
                if (!isElement(a.address) || !isElement(b.address)) {
                    throw new AssertionError("matrix " + i + " lies at no address of numbers");
                }
                substitute(a, upper, n, b, columns);
            }
        });
    }

    private static boolean isElement(long address) {
        return address != 0 && address % Double.BYTES == 0;
    }

    private static void substitute(Columns a, boolean upper, int n, Columns b, int columns) {
        for (int column = 0; column < columns; column++) {
            for (int i = 0; i < n; i++) {
                int row = upper ? n - 1 - i : i;
                double rest = b.get(row, column);
                for (int k = upper ? row + 1 : 0; k < (upper ? n : row); k++) {
                    rest -= a.get(row, k) * b.get(k, column);
                }
                b.set(row, column, rest / a.get(row, row));
            }
        }
    }

    @Override
    public void factorQr(Handle handle, int rows, int columns, long matrices, long factors, int batch) {
        queue(handle, rows > 0 && columns > 0 && batch > 0, () -> {
            int k = Math.min(rows, columns);
            for (int i = 0; i < batch; i++) {
                qr(Columns.of(matrices, i, rows), columns, Columns.of(factors, i, k));
            }
        });
    }

    /** Reflectors as LAPACK's dgeqr2 and dlarfg make them. */
    private static void qr(Columns a, int columns, Columns factors) {
        for (int j = 0; j < Math.min(a.rows, columns); j++) {
            double squares = 0;
            for (int row = j + 1; row < a.rows; row++) {
                squares += a.get(row, j) * a.get(row, j);
            }
            if (squares == 0) {
                factors.set(j, 0, 0);
                continue;
            }
            double alpha = a.get(j, j);
            double beta = -Math.copySign(Math.sqrt(alpha * alpha + squares), alpha);
            factors.set(j, 0, (beta - alpha) / beta);
            for (int row = j + 1; row < a.rows; row++) {
                a.set(row, j, a.get(row, j) / (alpha - beta));
            }
            a.set(j, j, beta);
            for (int column = j + 1; column < columns; column++) {
                double sum = a.get(j, column);
                for (int row = j + 1; row < a.rows; row++) {
                    sum += a.get(row, j) * a.get(row, column);
                }
                sum *= factors.get(j, 0);
                a.set(j, column, a.get(j, column) - sum);
                for (int row = j + 1; row < a.rows; row++) {
                    a.set(row, column, a.get(row, column) - sum * a.get(row, j));
                }
            }
        }
    }
}
