package dev.lanewise.onnx.op;

import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sampling and detection in images. */
final class ImageOps {
    /** Samples of a bin along a side, in RoiAlign: each of them is read. */
    private static final int MOST_SAMPLES = 1 << 10;

    private ImageOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Resize" -> c -> c.same(Resizing.resize(c));
            case "Upsample" -> c -> c.same(Resizing.upsample(c));
            case "GridSample" -> c -> c.same(GridSampling.sample(c));
            case "AffineGrid" -> c -> c.same(affineGrid(c));
            case "RoiAlign" -> c -> c.same(roiAlign(c));
            case "NonMaxSuppression" -> c -> Call.out(nonMaxSuppression(c));
            default -> null;
        };
    }

    private static Tensor affineGrid(Call c) {
        Tensor theta = c.x();
        long[] size = Host.longs(c.x(1));
        boolean align = c.flag("align_corners", false);
        int dims = size.length - 2;
        long points = Host.product(size, 2, size.length);
        double[] grid = new double[Math.toIntExact(points * (dims + 1))];
        for (int p = 0; p < points; p++) {
            long rest = p;
            for (int d = dims - 1; d >= 0; d--) {
                long n = size[d + 2];
                long i = rest % n;
                rest /= n;
                double at = align ? (n == 1 ? 0 : -1 + 2.0 * i / (n - 1)) : (2.0 * i + 1) / n - 1;
                grid[p * (dims + 1) + (dims - 1 - d)] = at;
            }
            grid[p * (dims + 1) + dims] = 1;
        }
        Tensor homogeneous = Host.of(grid, theta, 1, points, dims + 1);
        Tensor moved = homogeneous.expand(size[0], points, dims + 1).matmul(theta.transpose(1, 2));
        long[] shape = new long[dims + 2];
        shape[0] = size[0];
        System.arraycopy(size, 2, shape, 1, dims);
        shape[dims + 1] = dims;
        return moved.reshape(shape);
    }

    private static Tensor roiAlign(Call c) {
        Tensor x = c.x();
        long[] s = x.shape().toArray();
        int channels = (int) s[1];
        int h = (int) s[2];
        int w = (int) s[3];
        double[] image = Host.doubles(x);
        double[] rois = Host.doubles(c.x(1));
        long[] batch = Host.longs(c.x(2));
        int oh = Math.toIntExact(c.i("output_height", 1));
        int ow = Math.toIntExact(c.i("output_width", 1));
        double scale = c.f("spatial_scale", 1);
        int ratio = Math.toIntExact(c.i("sampling_ratio", 0));
        Call.check(ratio <= MOST_SAMPLES, "sampling_ratio " + ratio + " (expected at most " + MOST_SAMPLES + ")");
        boolean max = c.s("mode", "avg").equals("max");
        boolean half = c.s("coordinate_transformation_mode", c.opset() >= 16 ? "half_pixel" : "output_half_pixel")
                .equals("half_pixel");
        double offset = half ? 0.5 : 0;
        int planes = Math.multiplyExact(batch.length, channels);
        double[] out = new double[Math.multiplyExact(planes, Math.multiplyExact(oh, ow))];
        for (int r = 0; r < batch.length; r++) {
            double x1 = rois[4 * r] * scale - offset;
            double y1 = rois[4 * r + 1] * scale - offset;
            double width = rois[4 * r + 2] * scale - offset - x1;
            double height = rois[4 * r + 3] * scale - offset - y1;
            if (!half) {
                width = Math.max(width, 1);
                height = Math.max(height, 1);
            }
            double bh = height / oh;
            double bw = width / ow;
            int ny = ratio > 0 ? ratio : (int) Math.ceil(height / oh);
            int nx = ratio > 0 ? ratio : (int) Math.ceil(width / ow);
            for (int ch = 0; ch < channels; ch++) {
                int base = ((int) batch[r] * channels + ch) * h * w;
                for (int py = 0; py < oh; py++) {
                    for (int px = 0; px < ow; px++) {
                        double sum = 0;
                        double most = Double.NEGATIVE_INFINITY;
                        Samples ys = Samples.inside(y1 + py * bh, bh / ny, ny, h);
                        Samples xs = Samples.inside(x1 + px * bw, bw / nx, nx, w);
                        long looked = (long) ys.count() * xs.count();
                        if (looked == 0 || looked < (long) ny * nx) {
                            most = 0;
                        }
                        for (int iy = ys.first(); iy < ys.end(); iy++) {
                            for (int ix = xs.first(); ix < xs.end(); ix++) {
                                double yy = y1 + py * bh + (iy + 0.5) * bh / ny;
                                double xx = x1 + px * bw + (ix + 0.5) * bw / nx;
                                double[] corners = corners(image, base, h, w, yy, xx);
                                sum += corners[0] + corners[1] + corners[2] + corners[3];
                                for (double corner : corners) {
                                    most = Math.max(most, corner);
                                }
                            }
                        }
                        out[((r * channels + ch) * oh + py) * ow + px] =
                                max ? most : sum / Math.max(1, (double) ny * nx);
                    }
                }
            }
        }
        return Host.of(out, x, batch.length, channels, oh, ow);
    }

    /**
     * The samples of a bin that may lie inside a picture, one more at each end; those of a box far beyond it are too many to look at.
     *
     * @param first the first of them
     * @param end the one after the last
     */
    private record Samples(int first, int end) {
        /** Of {@code count} samples, half a step after the start and then a step apart, those from -1 to the size. */
        static Samples inside(double start, double step, int count, int size) {
            if (!(step > 0) || count <= 0) {
                return new Samples(0, Math.max(count, 0));
            }
            double first = Math.floor((-1 - start) / step - 0.5) - 1;
            double end = Math.ceil((size - start) / step - 0.5) + 2;
            int from = (int) Math.clamp(first, 0, count);
            return new Samples(from, (int) Math.clamp(end, from, count));
        }

        int count() {
            return end - first;
        }
    }

    /** The four weighted neighbours of a point; points less than one element outside count as on the border. */
    private static double[] corners(double[] image, int base, int h, int w, double y, double x) {
        if (y < -1 || y > h || x < -1 || x > w) {
            return new double[4];
        }
        double yy = Math.max(y, 0);
        double xx = Math.max(x, 0);
        int y0 = (int) yy;
        int x0 = (int) xx;
        int y1 = y0 + 1;
        int x1 = x0 + 1;
        if (y0 >= h - 1) {
            y0 = h - 1;
            y1 = y0;
            yy = y0;
        }
        if (x0 >= w - 1) {
            x0 = w - 1;
            x1 = x0;
            xx = x0;
        }
        double ly = yy - y0;
        double lx = xx - x0;
        return new double[] {
            (1 - ly) * (1 - lx) * image[base + y0 * w + x0],
            (1 - ly) * lx * image[base + y0 * w + x1],
            ly * (1 - lx) * image[base + y1 * w + x0],
            ly * lx * image[base + y1 * w + x1]
        };
    }

    private static Tensor nonMaxSuppression(Call c) {
        Tensor boxes = c.x();
        Tensor scores = c.x(1);
        float[] box = boxes.to(DType.F32).contiguous().toFloatArray();
        float[] score = scores.to(DType.F32).contiguous().toFloatArray();
        long most = c.has(2) ? c.long1(2) : 0;
        float overlap = c.has(3) ? (float) c.double1(3) : 0;
        float least = c.has(4) ? (float) c.double1(4) : Float.NEGATIVE_INFINITY;
        boolean centred = c.flag("center_point_box", false);
        int batches = (int) scores.shape().size(0);
        int classes = (int) scores.shape().size(1);
        int count = (int) scores.shape().size(2);
        List<long[]> found = new ArrayList<>();
        for (int b = 0; b < batches; b++) {
            for (int k = 0; k < classes; k++) {
                int base = (b * classes + k) * count;
                List<Integer> order = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    if (!c.has(4) || score[base + i] > least) {
                        order.add(i);
                    }
                }
                order.sort((i, j) -> Float.compare(score[base + j], score[base + i]));
                List<Integer> chosen = new ArrayList<>();
                for (int i : order) {
                    if (chosen.size() >= most) {
                        break;
                    }
                    int first = b * count;
                    if (chosen.stream().allMatch(j -> iou(box, first + i, first + j, centred) <= overlap)) {
                        chosen.add(i);
                        found.add(new long[] {b, k, i});
                    }
                }
            }
        }
        long[] flat = found.stream().flatMapToLong(Arrays::stream).toArray();
        return Host.of(flat, Tensor.of(0L), found.size(), 3);
    }

    private static float iou(float[] boxes, int i, int j, boolean centred) {
        float[] a = corners(boxes, 4 * i, centred);
        float[] b = corners(boxes, 4 * j, centred);
        float h = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
        float w = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
        float both = h * w;
        float areaA = (a[2] - a[0]) * (a[3] - a[1]);
        float areaB = (b[2] - b[0]) * (b[3] - b[1]);
        float union = areaA + areaB - both;
        return both <= 0 || union <= 0 ? 0 : both / union;
    }

    private static float[] corners(float[] boxes, int at, boolean centred) {
        float a = boxes[at];
        float b = boxes[at + 1];
        float d = boxes[at + 2];
        float e = boxes[at + 3];
        return centred
                ? new float[] {b - e / 2, a - d / 2, b + e / 2, a + d / 2}
                : new float[] {Math.min(a, d), Math.min(b, e), Math.max(a, d), Math.max(b, e)};
    }
}
