package dev.lanewise.testkit;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.conv.Convolution2d;

/** Convolution and its gradients: one product after the other, by the definition. */
final class ReferenceConvolutions {
    private ReferenceConvolutions() {}

    /** What happens with each triple of an output, an input and a weight element that meet. */
    private interface Meeting {
        void at(long[] output, long[] input, long[] weight);
    }

    static void forward(Convolution2d conv, Elements[] in, Elements out) {
        double[] sums = new double[Math.toIntExact(out.count())];
        meetings(
                conv,
                in[0].shape(),
                in[1].shape(),
                out.shape(),
                (o, x, w) -> sums[position(out.shape(), o)] += in[0].real(x) * in[1].real(w));
        for (int i = 0; i < sums.length; i++) {
            long[] at = out.index(i);
            out.set(in.length == 3 ? sums[i] + in[2].real(at[1]) : sums[i], at);
        }
    }

    static void inputGrad(Convolution2d conv, Elements g, Elements weight, Elements out) {
        double[] sums = new double[Math.toIntExact(out.count())];
        meetings(
                conv,
                out.shape(),
                weight.shape(),
                g.shape(),
                (o, x, w) -> sums[position(out.shape(), x)] += g.real(o) * weight.real(w));
        write(sums, out);
    }

    static void weightGrad(Convolution2d conv, Elements g, Elements x, Elements out) {
        double[] sums = new double[Math.toIntExact(out.count())];
        meetings(
                conv,
                x.shape(),
                out.shape(),
                g.shape(),
                (o, i, w) -> sums[position(out.shape(), w)] += g.real(o) * x.real(i));
        write(sums, out);
    }

    private static void meetings(Convolution2d conv, Shape x, Shape weight, Shape out, Meeting meeting) {
        long outputs = out.elements();
        Shape window = weight.slice(1, 4);
        long channelsOut = out.size(1) / conv.groups();
        for (long i = 0; i < outputs; i++) {
            long[] o = Elements.index(out, i);
            long group = o[1] / channelsOut;
            for (long j = 0; j < window.elements(); j++) {
                long[] w = Elements.index(window, j);
                long row = o[2] * conv.strideH() - conv.paddingH() + w[1] * conv.dilationH();
                long column = o[3] * conv.strideW() - conv.paddingW() + w[2] * conv.dilationW();
                if (row >= 0 && row < x.size(2) && column >= 0 && column < x.size(3)) {
                    long channel = group * window.size(0) + w[0];
                    meeting.at(o, new long[] {o[0], channel, row, column}, new long[] {o[1], w[0], w[1], w[2]});
                }
            }
        }
    }

    private static int position(Shape shape, long[] index) {
        long position = 0;
        for (int d = 0; d < index.length; d++) {
            position = position * shape.size(d) + index[d];
        }
        return Math.toIntExact(position);
    }

    private static void write(double[] sums, Elements out) {
        for (int i = 0; i < sums.length; i++) {
            out.set(sums[i], out.index(i));
        }
    }
}
