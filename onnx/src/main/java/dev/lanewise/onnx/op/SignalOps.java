package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Signals: Fourier transforms and windows. */
final class SignalOps {
    private SignalOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "HannWindow" -> c -> window(c, t -> 0.5 - 0.5 * Math.cos(t));
            case "HammingWindow" -> c -> window(c, t -> 25.0 / 46 - 21.0 / 46 * Math.cos(t));
            case "BlackmanWindow" -> c -> window(c, t -> 0.42 - 0.5 * Math.cos(t) + 0.08 * Math.cos(2 * t));
            case "MelWeightMatrix" -> c -> mel(c);
            case "DFT" -> c -> c.same(dft(c));
            case "STFT" -> c -> c.same(stft(c));
            default -> null;
        };
    }

    private static OnnxValue[] window(Call c, DoubleUnaryOperator function) {
        int size = Math.toIntExact(c.long1(0));
        double period = c.flag("periodic", true) ? size : size - 1;
        double[] values = new double[size];
        Arrays.setAll(values, i -> function.applyAsDouble(2 * Math.PI * i / period));
        return Call.typed(Elements.type(c.i("output_datatype", 1)), Tensor.of(values, size));
    }

    private static OnnxValue[] mel(Call c) {
        int bins = Math.toIntExact(c.long1(0));
        long length = c.long1(1);
        double rate = c.long1(2);
        int spectrogram = Math.toIntExact(length / 2 + 1);
        double low = 2595 * Math.log10(1 + c.double1(3) / 700);
        double high = 2595 * Math.log10(1 + c.double1(4) / 700);
        double step = (high - low) / (bins + 2);
        long[] at = new long[bins + 2];
        for (int i = 0; i < at.length; i++) {
            double hertz = 700 * (Math.pow(10, (i * step + low) / 2595) - 1);
            at[i] = (long) Math.floor((length + 1) * hertz / rate);
        }
        double[] out = new double[Math.multiplyExact(spectrogram, bins)];
        for (int i = 0; i < bins; i++) {
            long lower = at[i];
            long centre = at[i + 1];
            long upper = at[i + 2];
            if (centre == lower) {
                out[(int) centre * bins + i] = 1;
            }
            for (long j = lower; j <= centre && centre > lower; j++) {
                out[(int) j * bins + i] = (double) (j - lower) / (centre - lower);
            }
            for (long j = centre; j < upper; j++) {
                out[(int) j * bins + i] = (double) (upper - j) / (upper - centre);
            }
        }
        return Call.typed(Elements.type(c.i("output_datatype", 1)), Tensor.of(out, spectrogram, bins));
    }

    private static Tensor dft(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        long given = c.opset() >= 20 ? (c.has(2) ? c.long1(2) : -2) : c.i("axis", 1);
        int axis = Call.dim(given, rank);
        long size = c.has(1) ? c.long1(1) : x.shape().size(axis);
        return transform(x, axis, size, c.flag("inverse", false), c.flag("onesided", false));
    }

    /** A discrete Fourier transform as products with its matrices, in doubles. */
    private static Tensor transform(Tensor x, int axis, long given, boolean inverse, boolean onesided) {
        int last = x.shape().rank() - 1;
        boolean real = x.shape().size(last) == 1;
        long bins = x.shape().size(axis);
        boolean fromHalf = inverse && onesided;
        long size = fromHalf && given == bins ? (bins - 1) * 2 : given;
        Tensor wide = x.to(DType.F64);
        if (fromHalf) {
            wide = mirrored(wide, axis, size);
        } else {
            wide = bins < size
                    ? ShapeOps.padded(wide, axis, 0, size - bins, "constant", 0)
                    : wide.narrow(axis, 0, size);
        }
        long outs = onesided && !inverse ? size / 2 + 1 : size;
        double[] cos = new double[Math.toIntExact(Math.multiplyExact(outs, size))];
        double[] sin = new double[cos.length];
        for (int k = 0; k < outs; k++) {
            for (int n = 0; n < size; n++) {
                double angle = 2 * Math.PI * ((long) k * n % size) / size;
                cos[k * (int) size + n] = Math.cos(angle);
                sin[k * (int) size + n] = inverse ? Math.sin(angle) : -Math.sin(angle);
            }
        }
        Tensor c = Tensor.of(cos, outs, size).transpose();
        Tensor s = Tensor.of(sin, outs, size).transpose();
        Tensor re = wide.select(last, 0).unsqueeze(last).transpose(axis, last);
        Tensor outRe = re.matmul(c);
        Tensor outIm = re.matmul(s);
        if (!real || fromHalf) {
            Tensor im = wide.select(last, 1).unsqueeze(last).transpose(axis, last);
            outRe = outRe.sub(im.matmul(s));
            outIm = outIm.add(im.matmul(c));
        }
        outRe = outRe.transpose(axis, last);
        outIm = outIm.transpose(axis, last);
        Tensor out = fromHalf ? outRe : Tensor.cat(last, outRe, outIm);
        return (inverse ? out.div((double) size) : out).to(x.dtype());
    }

    /** All frequencies of a real signal from the first half. */
    private static Tensor mirrored(Tensor x, int axis, long size) {
        int last = x.shape().rank() - 1;
        Tensor full = x.shape().size(last) == 1 ? Tensor.cat(last, x, x.zerosLike()) : x;
        long half = Math.min(full.shape().size(axis), size / 2 + 1);
        Tensor kept = full.narrow(axis, 0, half);
        if (half < size / 2 + 1) {
            kept = ShapeOps.padded(kept, axis, 0, size / 2 + 1 - half, "constant", 0);
        }
        long rest = size - (size / 2 + 1);
        Tensor mirror = kept.narrow(axis, 1, rest).flip(axis);
        Tensor conjugate = Tensor.cat(
                last, mirror.narrow(last, 0, 1), mirror.narrow(last, 1, 1).neg());
        return Tensor.cat(axis, kept, conjugate);
    }

    private static Tensor stft(Call c) {
        Tensor signal = c.x().shape().rank() == 2 ? c.x().unsqueeze(2) : c.x();
        long step = c.long1(1);
        Tensor window = c.maybe(2);
        long length = c.has(3)
                ? c.long1(3)
                : window == null ? signal.shape().size(1) : window.shape().size(0);
        Call.check(step > 0, "a frame step of " + step + " (expected 1 or more)");
        long frames = (signal.shape().size(1) - length) / step + 1;
        Tensor[] parts = new Tensor[Math.toIntExact(frames)];
        for (int f = 0; f < parts.length; f++) {
            parts[f] = signal.narrow(1, f * step, length);
        }
        Tensor framed = Tensor.stack(1, parts);
        Tensor weighed = window == null ? framed : framed.mul(window.reshape(length, 1));
        return transform(weighed, 2, length, false, c.flag("onesided", true));
    }
}
