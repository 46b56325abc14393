package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints tensors as NumPy does: nested brackets, aligned columns, the middle of long dimensions left out. */
final class TensorPrinter {
    /** Tensors with more elements are shortened. */
    private static final int THRESHOLD = 1000;

    /** How many elements of a shortened dimension stay at each end. */
    private static final int EDGE = 3;

    /** Rows are broken before this column. */
    private static final int LINE = 80;

    private final Shape shape;
    private final boolean shortened;
    private final List<String> cells;
    private final int width;
    private int next;

    private TensorPrinter(Tensor tensor) {
        this.shape = tensor.shape();
        this.shortened = shape.elements() > THRESHOLD;
        this.cells = cells(edges(tensor));
        this.width = cells.stream().mapToInt(String::length).max().orElse(0);
    }

    static String print(Tensor tensor) {
        String suffix = (tensor.dtype() == DType.F32 ? "" : ", dtype=" + tensor.dtype())
                + (tensor.device().isCpu() ? "" : ", device=" + tensor.device());
        if (Storage.buffer(tensor).isReleased()) {
            return "tensor(released, shape=" + tensor.shape() + suffix + ")";
        }
        if (tensor.shape().isEmpty()) {
            return "tensor([], shape=" + tensor.shape() + suffix + ")";
        }
        StringBuilder out = new StringBuilder("tensor(");
        new TensorPrinter(tensor).print(out, 0);
        return out.append(suffix).append(')').toString();
    }

    private void print(StringBuilder out, int dim) {
        if (dim == shape.rank()) {
            cell(out);
            return;
        }
        if (dim == shape.rank() - 1) {
            row(out);
            return;
        }
        String separator = "," + "\n".repeat(shape.rank() - 1 - dim) + indent(dim + 1);
        out.append('[');
        long size = shape.size(dim);
        boolean cut = isCut(size);
        long shown = cut ? 2 * EDGE : size;
        for (long i = 0; i < shown; i++) {
            if (i > 0) {
                out.append(separator);
            }
            if (cut && i == EDGE) {
                out.append("...").append(separator);
            }
            print(out, dim + 1);
        }
        out.append(']');
    }

    private void row(StringBuilder out) {
        String start = indent(shape.rank());
        long size = shape.size(-1);
        boolean cut = isCut(size);
        long shown = cut ? 2 * EDGE : size;
        int column = start.length();
        out.append('[');
        for (long i = 0; i < shown; i++) {
            boolean gap = cut && i == EDGE;
            int needed = width + 2 + (gap ? "..., ".length() : 0);
            if (i > 0 && column + needed > LINE) {
                out.append(",\n").append(start);
                column = start.length();
            } else if (i > 0) {
                out.append(", ");
            }
            out.append(gap ? "..., " : "");
            cell(out);
            column += needed;
        }
        out.append(']');
    }

    private void cell(StringBuilder out) {
        out.append(" ".repeat(width - cells.get(next).length())).append(cells.get(next++));
    }

    private static String indent(int dim) {
        return " ".repeat("tensor(".length() + dim);
    }

    private boolean isCut(long size) {
        return shortened && size > 2 * EDGE;
    }

    /** Only the elements that are printed, so that a large tensor does not need a large copy. */
    private Tensor edges(Tensor tensor) {
        Tensor shown = ((StridedTensor) tensor).withOrigin(null);
        for (int d = 0; d < shape.rank(); d++) {
            if (isCut(shape.size(d))) {
                Tensor head = shown.narrow(d, 0, EDGE);
                Tensor tail = shown.narrow(d, shape.size(d) - EDGE, EDGE);
                shown = Tensor.cat(d, head, tail);
            }
        }
        return shown;
    }

    private static List<String> cells(Tensor shown) {
        List<String> cells = new ArrayList<>();
        if (shown.dtype() == DType.BOOL) {
            for (long v : shown.toLongArray()) {
                cells.add(v != 0 ? "true" : "false");
            }
        } else if (shown.dtype().isInteger()) {
            for (long v : shown.toLongArray()) {
                cells.add(Long.toString(v));
            }
        } else {
            double[] values = shown.toDoubleArray();
            String format = format(values);
            for (double v : values) {
                cells.add(Double.isFinite(v) ? String.format(Locale.ROOT, format, v) : nonFinite(v));
            }
        }
        return cells;
    }

    private static String nonFinite(double v) {
        return Double.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
    }

    /**
     * Whole numbers with a decimal point, other numbers with four decimals, very large or small ones with an exponent.
     */
    private static String format(double[] values) {
        double largest = 0;
        double smallest = Double.MAX_VALUE;
        boolean whole = true;
        for (double v : values) {
            if (Double.isFinite(v)) {
                double a = Math.abs(v);
                largest = Math.max(largest, a);
                smallest = a > 0 ? Math.min(smallest, a) : smallest;
                whole &= v == Math.rint(v);
            }
        }
        boolean wide = largest >= 1e8 || largest > 0 && (smallest < 1e-4 || largest / smallest > 1e8);
        return wide ? "%.4e" : whole ? "%.0f." : "%.4f";
    }
}
