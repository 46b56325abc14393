package dev.lanewise.testkit;

import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;

/** Pooling and its gradients. */
final class ReferencePooling {
    private ReferencePooling() {}

    /**
     * One window, cut to the input.
     *
     * @param padded how many elements it has with the padding, but not what ceil mode lets stick out
     */
    private record Window(long top, long bottom, long left, long right, long padded) {
        static Window of(PoolingWindow pool, long[] out, long h, long w) {
            long top = out[2] * pool.strideH() - pool.paddingH();
            long left = out[3] * pool.strideW() - pool.paddingW();
            long bottom = Math.min(top + pool.kernelH(), h + pool.paddingH());
            long right = Math.min(left + pool.kernelW(), w + pool.paddingW());
            long padded = (bottom - top) * (right - left);
            return new Window(Math.max(top, 0), Math.min(bottom, h), Math.max(left, 0), Math.min(right, w), padded);
        }

        long divisor(AveragePooling2d op) {
            return op.countIncludePad() ? padded : (bottom - top) * (right - left);
        }
    }

    static void max(PoolingWindow pool, Elements x, Elements values, Elements positions) {
        long h = x.shape().size(2);
        long w = x.shape().size(3);
        for (long i = 0; i < values.count(); i++) {
            long[] at = values.index(i);
            Window window = Window.of(pool, at, h, w);
            long best = -1;
            double largest = Double.NaN;
            for (long r = window.top; r < window.bottom; r++) {
                for (long c = window.left; c < window.right; c++) {
                    double value = x.real(at[0], at[1], r, c);
                    if (best < 0 || value > largest || Double.isNaN(value)) {
                        best = r * w + c;
                        largest = value;
                    }
                }
            }
            values.set(largest, at);
            positions.set(best, at);
        }
    }

    static void maxGrad(Elements g, Elements positions, Elements out) {
        long w = out.shape().size(3);
        double[] sums = new double[Math.toIntExact(out.count())];
        long plane = out.shape().size(2) * w;
        for (long i = 0; i < g.count(); i++) {
            long[] at = g.index(i);
            sums[Math.toIntExact((at[0] * out.shape().size(1) + at[1]) * plane + positions.integer(at))] += g.real(at);
        }
        for (int i = 0; i < sums.length; i++) {
            out.set(sums[i], out.index(i));
        }
    }

    static void average(AveragePooling2d op, Elements x, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            Window window =
                    Window.of(op.pool(), at, x.shape().size(2), x.shape().size(3));
            double sum = 0;
            for (long r = window.top; r < window.bottom; r++) {
                for (long c = window.left; c < window.right; c++) {
                    sum += x.real(at[0], at[1], r, c);
                }
            }
            out.set(sum / window.divisor(op), at);
        }
    }

    static void averageGrad(AveragePooling2d op, Elements g, Elements out) {
        long h = out.shape().size(2);
        long w = out.shape().size(3);
        double[] sums = new double[Math.toIntExact(out.count())];
        for (long i = 0; i < g.count(); i++) {
            long[] at = g.index(i);
            Window window = Window.of(op.pool(), at, h, w);
            for (long r = window.top; r < window.bottom; r++) {
                for (long c = window.left; c < window.right; c++) {
                    long position = ((at[0] * out.shape().size(1) + at[1]) * h + r) * w + c;
                    sums[Math.toIntExact(position)] += g.real(at) / window.divisor(op);
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            out.set(sums[i], out.index(i));
        }
    }
}
