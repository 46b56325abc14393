package dev.lanewise.cpu.conv;

/** Convolution by its definition, in double precision: the oracle. */
final class ReferenceConvolution {
    /** The products of one weight along a row: those of count neighbouring outputs and every step-th pixel. */
    private interface Products {
        void along(int y, int x, int step, int count, int w);
    }

    private ReferenceConvolution() {}

    static double[] forward(ConvShape p, double[] x, double[] w, double[] bias) {
        double[] y = new double[p.n() * p.k() * p.oh() * p.ow()];
        int pixels = p.oh() * p.ow();
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i / pixels % p.k()];
        }
        products(p, (iy, ix, step, count, iw) -> {
            for (int i = 0; i < count; i++) {
                y[iy + i] += x[ix + i * step] * w[iw];
            }
        });
        return y;
    }

    static double[] inputGrad(ConvShape p, double[] gy, double[] w) {
        double[] gx = new double[p.n() * p.c() * p.h() * p.w()];
        products(p, (iy, ix, step, count, iw) -> {
            for (int i = 0; i < count; i++) {
                gx[ix + i * step] += gy[iy + i] * w[iw];
            }
        });
        return gx;
    }

    static double[] weightGrad(ConvShape p, double[] x, double[] gy) {
        double[] gw = new double[p.k() * p.groupInputs() * p.r() * p.s()];
        products(p, (iy, ix, step, count, iw) -> {
            double sum = gw[iw];
            for (int i = 0; i < count; i++) {
                sum += gy[iy + i] * x[ix + i * step];
            }
            gw[iw] = sum;
        });
        return gw;
    }

    private static void products(ConvShape p, Products products) {
        for (int n = 0; n < p.n(); n++) {
            for (int k = 0; k < p.k(); k++) {
                for (int c = 0; c < p.groupInputs(); c++) {
                    planes(p, n, k, c, products);
                }
            }
        }
    }

    private static void planes(ConvShape p, int n, int k, int c, Products products) {
        int channel = k / p.groupOutputs() * p.groupInputs() + c;
        for (int i = 0; i < p.r(); i++) {
            for (int j = 0; j < p.s(); j++) {
                int weight = ((k * p.groupInputs() + c) * p.r() + i) * p.s() + j;
                int first = Math.max(0, Math.ceilDiv(p.padW() - j * p.dilationW(), p.strideW()));
                int end = Math.min(p.ow(), Math.ceilDiv(p.w() + p.padW() - j * p.dilationW(), p.strideW()));
                for (int oy = 0; oy < p.oh(); oy++) {
                    int y = oy * p.strideH() + i * p.dilationH() - p.padH();
                    if (y >= 0 && y < p.h()) {
                        products.along(
                                ((n * p.k() + k) * p.oh() + oy) * p.ow() + first,
                                ((n * p.c() + channel) * p.h() + y) * p.w()
                                        + first * p.strideW()
                                        + j * p.dilationW()
                                        - p.padW(),
                                p.strideW(),
                                end - first,
                                weight);
                    }
                }
            }
        }
    }
}
