package dev.lanewise.cpu.linalg;

import java.util.Arrays;

/** A dense matrix of doubles in row-major order, on the Java heap. */
record Matrix(int rows, int columns, double[] data) {
    /** A matrix of zeros. */
    static Matrix zeros(int rows, int columns) {
        return new Matrix(rows, columns, new double[rows * columns]);
    }

    /** The first columns of the identity. */
    static Matrix identity(int rows, int columns) {
        Matrix one = zeros(rows, columns);
        for (int i = 0; i < Math.min(rows, columns); i++) {
            one.data[i * columns + i] = 1;
        }
        return one;
    }

    double get(int row, int column) {
        return data[row * columns + column];
    }

    void set(int row, int column, double value) {
        data[row * columns + column] = value;
    }

    Matrix transpose() {
        Matrix t = zeros(columns, rows);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                t.data[j * rows + i] = data[i * columns + j];
            }
        }
        return t;
    }

    Matrix times(Matrix right) {
        Matrix product = zeros(rows, right.columns);
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < columns; k++) {
                addRow(product.data, i * right.columns, get(i, k), right.data, k * right.columns, right.columns);
            }
        }
        return product;
    }

    boolean isFinite() {
        return Arrays.stream(data).allMatch(Double::isFinite);
    }

    /**
     * The exponent that brings the greatest magnitude to [1, 2), where neither squares overflow nor those of what counts
     * vanish; 0 for a matrix of zeros or one with values that are not finite.
     */
    int exponent() {
        double greatest = 0;
        for (double value : data) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        return greatest == 0 || !Double.isFinite(greatest) ? 0 : Math.getExponent(greatest);
    }

    /** Multiplies by a power of two, exactly but where the result is subnormal. */
    void scale(int exponent) {
        if (exponent != 0) {
            scale(data, exponent);
        }
    }

    /** Multiplies by a power of two. */
    static void scale(double[] values, int exponent) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.scalb(values[i], exponent);
        }
    }

    /** {@code to[i] += factor * from[i]} for a part of a row. */
    static void addRow(double[] to, int toStart, double factor, double[] from, int fromStart, int length) {
        for (int i = 0; i < length; i++) {
            to[toStart + i] += factor * from[fromStart + i];
        }
    }

    void swapRows(int first, int second) {
        for (int j = 0; j < columns; j++) {
            double value = get(first, j);
            set(first, j, get(second, j));
            set(second, j, value);
        }
    }
}
