package dev.lanewise.cpu.conv;

/** Convolution by its definition, in double precision: the oracle. */
final class ReferenceConvolution {
    /** One product of the definition. */
    private interface Product {
        void at(int y, int x, int w);
    }

    private ReferenceConvolution() {}

    static double[] forward(ConvShape p, double[] x, double[] w, double[] bias) {
        double[] y = new double[p.n() * p.k() * p.oh() * p.ow()];
        int pixels = p.oh() * p.ow();
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i / pixels % p.k()];
        }
        products(p, (iy, ix, iw) -> y[iy] += x[ix] * w[iw]);
        return y;
    }

    static double[] inputGrad(ConvShape p, double[] gy, double[] w) {
        double[] gx = new double[p.n() * p.c() * p.h() * p.w()];
        products(p, (iy, ix, iw) -> gx[ix] += gy[iy] * w[iw]);
        return gx;
    }

    static double[] weightGrad(ConvShape p, double[] x, double[] gy) {
        double[] gw = new double[p.k() * p.groupInputs() * p.r() * p.s()];
        products(p, (iy, ix, iw) -> gw[iw] += gy[iy] * x[ix]);
        return gw;
    }

    private static void products(ConvShape p, Product product) {
        for (int n = 0; n < p.n(); n++) {
            for (int k = 0; k < p.k(); k++) {
                for (int c = 0; c < p.groupInputs(); c++) {
                    planes(p, n, k, c, product);
                }
            }
        }
    }

    private static void planes(ConvShape p, int n, int k, int c, Product product) {
        int channel = k / p.groupOutputs() * p.groupInputs() + c;
        for (int i = 0; i < p.r(); i++) {
            for (int j = 0; j < p.s(); j++) {
                int weight = ((k * p.groupInputs() + c) * p.r() + i) * p.s() + j;
                for (int oy = 0; oy < p.oh(); oy++) {
                    int y = oy * p.strideH() + i * p.dilationH() - p.padH();
                    for (int ox = 0; ox < p.ow() && y >= 0 && y < p.h(); ox++) {
                        int x = ox * p.strideW() + j * p.dilationW() - p.padW();
                        if (x >= 0 && x < p.w()) {
                            product.at(
                                    ((n * p.k() + k) * p.oh() + oy) * p.ow() + ox,
                                    ((n * p.c() + channel) * p.h() + y) * p.w() + x,
                                    weight);
                        }
                    }
                }
            }
        }
    }
}
