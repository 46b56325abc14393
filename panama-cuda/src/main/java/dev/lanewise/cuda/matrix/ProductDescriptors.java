package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.CublasLt.Layout;
import dev.lanewise.cuda.api.CublasLt.Matmul;
import dev.lanewise.cuda.api.DataType;

/**
 * A product as cuBLASLt takes it. Its matrices are column-major, where a row-major matrix reads as its transpose; so
 * {@code y = a b} is requested as {@code y^T = b^T a^T}, with the right operand first, and no operand is copied.
 */
record ProductDescriptors(Matmul matmul, Layout right, Layout left, Layout out) {

    /**
     * Describes a problem.
     *
     * @param bias the address of a bias with the alignment of later ones, or 0
     */
    static ProductDescriptors of(CublasLt library, Problem problem, long bias) {
        DataType scale = problem.type() == DataType.F64 ? DataType.F64 : DataType.F32;
        Matmul matmul = library.createMatmul(problem.compute(), scale);
        library.setTransposed(
                matmul, problem.right().byColumns(), problem.left().byColumns());
        library.setEpilogue(matmul, problem.epilogue());
        if (bias != 0) {
            library.setBias(matmul, bias, problem.type());
        }
        Layout right = layout(library, problem, problem.right(), problem.n(), problem.k());
        Layout left = layout(library, problem, problem.left(), problem.k(), problem.m());
        Layout out = library.createLayout(problem.type(), problem.n(), problem.m(), problem.n());
        library.setBatch(out, problem.batch(), problem.outBatch());
        return new ProductDescriptors(matmul, right, left, out);
    }

    /** An operand that takes part as {@code rows} x {@code columns}, where by columns after a transposition. */
    private static Layout layout(CublasLt library, Problem problem, Problem.Operand operand, long rows, long columns) {
        Layout layout = operand.byColumns()
                ? library.createLayout(problem.type(), columns, rows, operand.stride())
                : library.createLayout(problem.type(), rows, columns, operand.stride());
        library.setBatch(layout, problem.batch(), operand.batch());
        return layout;
    }

    void destroy(CublasLt library) {
        library.destroy(out);
        library.destroy(left);
        library.destroy(right);
        library.destroy(matmul);
    }
}
