package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import java.lang.foreign.MemorySegment;

/**
 * cuBLAS: factorizations of, and solutions with, many small matrices in double precision. Matrices are column-major, and a batch of them is
 * an array of their addresses in device memory. Every method throws {@link CudaException} where the library reports an
 * error.
 */
public interface Cublas {
    /** A library context, used by one thread at a time. */
    record Handle(MemorySegment address) {}

    /** cuBLAS of this machine. */
    static Cublas open() {
        Libraries.require(NativeLibrary.CUBLAS);
        return new NativeCublas();
    }

    /** A context on the current device. */
    Handle create();

    /** Destroys a context. */
    void destroy(Handle handle);

    /** Queues the context's work on {@code stream} from here on. */
    void setStream(Handle handle, Driver.Stream stream);

    /**
     * Queues {@code P A = L U} with partial pivoting of {@code batch} matrices [n, n], each in its own place.
     *
     * @param matrices the device address of their addresses
     * @param pivots the address for n 32-bit numbers per matrix: the row, counted from 1, that a row was exchanged with
     * @param info the address for one 32-bit number per matrix: 0, or the first pivot that is 0, counted from 1
     */
    void factorLu(Handle handle, int n, long matrices, long pivots, long info, int batch);

    /**
     * Queues the solutions of {@code A X = B} for the factors from {@link #factorLu}.
     *
     * @param columns how many right-hand sides there are per matrix
     * @param rightSides the device address of the addresses of {@code B} [n, columns], which X overwrites
     */
    void solveLu(Handle handle, int n, int columns, long matrices, long pivots, long rightSides, int batch);

    /**
     * Queues the solution of {@code T X = B} with the triangle T of one matrix [n, n], of which only it is read.
     *
     * @param upper whether it is the upper triangle
     * @param columns how many right-hand sides there are
     * @param matrix the device address of the matrix
     * @param rightSide the device address of {@code B} [n, columns], which X overwrites
     */
    void solveTriangle(Handle handle, boolean upper, int n, int columns, long matrix, long rightSide);

    /**
     * Queues the solutions with the triangles of {@code batch} matrices, as {@link #solveTriangle} does with one.
     *
     * @param matrices the device address of their addresses
     * @param rightSides the device address of the addresses of {@code B}
     */
    void solveTriangles(Handle handle, boolean upper, int n, int columns, long matrices, long rightSides, int batch);

    /**
     * Queues {@code A = Q R} of {@code batch} matrices [rows, columns], each in its own place: R above and the
     * reflectors of Q below the diagonal.
     *
     * @param matrices the device address of their addresses
     * @param factors the device address of the addresses of the reflectors' factors, min(rows, columns) per matrix
     */
    void factorQr(Handle handle, int rows, int columns, long matrices, long factors, int batch);
}
