package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Tensor;

/** Deformable convolution (Dai et al. 2017, arXiv:1703.06211; masks: Zhu et al. 2018, arXiv:1811.11168). */
final class DeformedConvolution {
    private DeformedConvolution() {}

    static Tensor run(Call c) {
        Tensor x = c.x();
        Tensor w = c.x(1);
        long[] xs = x.shape().toArray();
        long[] ws = w.shape().toArray();
        Spatial window = Spatial.of(c, x, new long[] {ws[2], ws[3]}, false);
        int groups = (int) c.i("group", 1);
        int offsetGroups = (int) c.i("offset_group", 1);
        double[] image = Host.doubles(x);
        double[] weight = Host.doubles(w);
        double[] offset = Host.doubles(c.x(2));
        double[] bias = c.has(3) ? Host.doubles(c.x(3)) : new double[(int) ws[0]];
        double[] mask = c.has(4) ? Host.doubles(c.x(4)) : null;
        int oh = (int) window.outputs()[0];
        int ow = (int) window.outputs()[1];
        int kh = (int) ws[2];
        int kw = (int) ws[3];
        int h = (int) xs[2];
        int wd = (int) xs[3];
        int channels = (int) xs[1];
        int outs = (int) ws[0];
        double[] result = new double[(int) xs[0] * outs * oh * ow];
        for (int n = 0; n < xs[0]; n++) {
            for (int y = 0; y < oh; y++) {
                for (int z = 0; z < ow; z++) {
                    for (int o = 0; o < outs; o++) {
                        result[((n * outs + o) * oh + y) * ow + z] = bias[o];
                    }
                    for (int ch = 0; ch < channels; ch++) {
                        int og = ch / (channels / offsetGroups);
                        for (int i = 0; i < kh; i++) {
                            for (int j = 0; j < kw; j++) {
                                int k = i * kw + j;
                                int at = ((n * offsetGroups + og) * 2 * kh * kw + 2 * k) * oh * ow + y * ow + z;
                                double py = y * window.strides()[0]
                                        - window.begins()[0]
                                        + i * window.dilations()[0]
                                        + offset[at];
                                double px = z * window.strides()[1]
                                        - window.begins()[1]
                                        + j * window.dilations()[1]
                                        + offset[at + oh * ow];
                                double value = bilinear(image, (n * channels + ch) * h * wd, h, wd, py, px);
                                if (mask != null) {
                                    value *= mask[((n * offsetGroups + og) * kh * kw + k) * oh * ow + y * ow + z];
                                }
                                int perGroup = channels / groups;
                                int group = ch / perGroup;
                                for (int o = group * (outs / groups); o < (group + 1) * (outs / groups); o++) {
                                    result[((n * outs + o) * oh + y) * ow + z] +=
                                            value * weight[((o * perGroup + ch % perGroup) * kh + i) * kw + j];
                                }
                            }
                        }
                    }
                }
            }
        }
        return Host.of(result, x, xs[0], outs, oh, ow);
    }

    /** The image's value at a point between its elements, 0 outside. */
    static double bilinear(double[] image, int base, int h, int w, double y, double x) {
        if (y <= -1 || y >= h || x <= -1 || x >= w) {
            return 0;
        }
        int y0 = (int) Math.floor(y);
        int x0 = (int) Math.floor(x);
        double dy = y - y0;
        double dx = x - x0;
        return (1 - dy) * ((1 - dx) * at(image, base, h, w, y0, x0) + dx * at(image, base, h, w, y0, x0 + 1))
                + dy * ((1 - dx) * at(image, base, h, w, y0 + 1, x0) + dx * at(image, base, h, w, y0 + 1, x0 + 1));
    }

    private static double at(double[] image, int base, int h, int w, int y, int x) {
        return y < 0 || y >= h || x < 0 || x >= w ? 0 : image[base + y * w + x];
    }
}
