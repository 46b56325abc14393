package dev.lanewise.nn.detection;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Boxes {@code [n, 4]}, each {@code (x1, y1, x2, y2)} with {@code x1 <= x2} and {@code y1 <= y2}, as torchvision has them. */
public final class Boxes {
    /** More places in a part of a box than any image has pixels for. */
    private static final long MOST_SAMPLES = 4096;

    private Boxes() {}

    /**
     * {@return the areas {@code [n]} of boxes {@code [n, 4]}}
     *
     * @param boxes {@code [n, 4]}
     * @throws TensorException if the tensor is not {@code [n, 4]}
     */
    public static Tensor area(Tensor boxes) {
        check("box area", boxes);
        return boxes.select(1, 2).sub(boxes.select(1, 0)).mul(boxes.select(1, 3).sub(boxes.select(1, 1)));
    }

    /**
     * How much of what two boxes cover together both cover (Jaccard index), for all pairs. It has gradients.
     *
     * @param boxes {@code [n, 4]}
     * @param others {@code [m, 4]}
     * @return {@code [n, m]}, from 0 to 1; NaN where both areas are 0
     * @throws TensorException if one of the tensors is not {@code [n, 4]}
     */
    public static Tensor iou(Tensor boxes, Tensor others) {
        check("box iou", boxes);
        check("box iou", others);
        Tensor first = boxes.unsqueeze(1);
        Tensor second = others.unsqueeze(0);
        Tensor low = first.narrow(2, 0, 2).maximum(second.narrow(2, 0, 2));
        Tensor high = first.narrow(2, 2, 2).minimum(second.narrow(2, 2, 2));
        Tensor sides = high.sub(low).relu();
        Tensor both = sides.select(2, 0).mul(sides.select(2, 1));
        Tensor all = area(boxes).unsqueeze(1).add(area(others).unsqueeze(0)).sub(both);
        return both.div(all);
    }

    /**
     * Non-maximum suppression: of boxes that overlap much only those with the highest scores.
     *
     * @param boxes {@code [n, 4]}
     * @param scores {@code [n]}; of equal ones the first counts as higher
     * @param threshold a box is left out if its {@link #iou} with one that is kept is above it
     * @return the numbers of the boxes that are kept, {@code [k]} of type I64 on the CPU, by falling scores
     * @throws TensorException if shapes don't fit
     */
    public static Tensor nms(Tensor boxes, Tensor scores, double threshold) {
        check("nms", boxes);
        if (scores.shape().rank() != 1
                || scores.shape().size(0) != boxes.shape().size(0)) {
            throw new TensorException("nms: boxes " + boxes.spec() + " and scores " + scores.spec()
                    + " (expected [n, 4] and [n]); give one score for each box");
        }
        double[] corners = Autograd.detach(boxes).toDoubleArray();
        double[] values = Autograd.detach(scores).toDoubleArray();
        // a stable sort: ties keep their order, and so do zeros of both signs
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> values[i] + 0.0)
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        long[] kept = new long[order.length];
        int count = 0;
        for (int candidate : order) {
            boolean suppressed = false;
            for (int k = 0; k < count && !suppressed; k++) {
                suppressed = iou(corners, (int) kept[k], candidate) > threshold;
            }
            if (!suppressed) {
                kept[count++] = candidate;
            }
        }
        return Tensor.of(Arrays.copyOf(kept, count), count);
    }

    private static double iou(double[] corners, int a, int b) {
        int i = 4 * a;
        int j = 4 * b;
        double w = Math.min(corners[i + 2], corners[j + 2]) - Math.max(corners[i], corners[j]);
        double h = Math.min(corners[i + 3], corners[j + 3]) - Math.max(corners[i + 1], corners[j + 1]);
        double both = Math.max(w, 0) * Math.max(h, 0);
        return both / (area(corners, i) + area(corners, j) - both);
    }

    private static double area(double[] corners, int i) {
        return (corners[i + 2] - corners[i]) * (corners[i + 3] - corners[i + 1]);
    }

    /**
     * What a feature map shows inside boxes, as images of one size (He et al. 2017, arXiv:1703.06870): each element is the
     * mean of {@code samples x samples} places of its part of the box (or as many as the part has pixels), interpolated
     * linearly between the four nearest pixels. It has gradients for the features.
     *
     * @param features {@code [n, c, h, w]}
     * @param boxes {@code [k, 5]}: the number of the image, then {@code (x1, y1, x2, y2)} in pixels of the input image
     * @param options sizes, scale and samples
     * @return {@code [k, c, height, width]}
     * @throws TensorException if shapes don't fit, or a box is so large that a part of it has more than 4,096 pixels
     */
    public static Tensor roiAlign(Tensor features, Tensor boxes, RoiAlign options) {
        if (features.shape().rank() != 4
                || boxes.shape().rank() != 2
                || boxes.shape().size(1) != 5) {
            throw new TensorException("roi_align: features " + features.spec() + ", boxes " + boxes.spec()
                    + " (expected [n, c, h, w] and [k, 5]); put the number of the image before each box");
        }
        long h = features.shape().size(2);
        long w = features.shape().size(3);
        Tensor b = Autograd.detach(boxes);
        double offset = options.aligned() ? 0.5 : 0;
        Samples x = Samples.of(b.select(1, 1), b.select(1, 3), options.width(), options, offset);
        Samples y = Samples.of(b.select(1, 2), b.select(1, 4), options.height(), options, offset);
        Axis rows = Axis.of(y, h);
        Axis columns = Axis.of(x, w);
        long k = boxes.shape().size(0);
        long c = features.shape().size(1);
        // [n h w, c], of which the four neighbours of every place are taken
        Tensor pixels = features.permute(0, 2, 3, 1).reshape(features.shape().size(0) * h * w, c);
        Tensor image = b.select(1, 0).to(DType.I64).mul(h * w).reshape(k, 1, 1);
        Tensor sum = null;
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                Tensor at = image.add(rows.position(i).mul(w).unsqueeze(2))
                        .add(columns.position(j).unsqueeze(1));
                Tensor weight = rows.weight(i)
                        .unsqueeze(2)
                        .mul(columns.weight(j).unsqueeze(1))
                        .to(features.dtype());
                Tensor part = pixels.indexSelect(0, at).mul(weight.unsqueeze(3));
                sum = sum == null ? part : sum.add(part);
            }
        }
        if (sum == null) {
            throw new AssertionError("there are four neighbours");
        }
        return sum.reshape(k, options.height(), y.each, options.width(), x.each, c)
                .sum(2, 4)
                .permute(0, 3, 1, 2)
                .contiguous();
    }

    /**
     * What is looked at along one direction.
     *
     * @param places {@code [k, size * each]}, in pixels of the feature map
     * @param shares how much each counts in its part's mean, likewise; 0 for those that a box has fewer of than another
     * @param each how many places there are in a part
     */
    private record Samples(Tensor places, Tensor shares, long each) {
        static Samples of(Tensor from, Tensor to, long size, RoiAlign options, double offset) {
            Tensor start = from.mul(options.scale()).sub(offset).unsqueeze(1).unsqueeze(2);
            Tensor end = to.mul(options.scale()).sub(offset).unsqueeze(1).unsqueeze(2);
            Tensor length = end.sub(start);
            if (!options.aligned()) {
                length = length.clamp(1, Double.POSITIVE_INFINITY);
            }
            Tensor counts = options.samples() > 0
                    ? length.zerosLike().add(options.samples())
                    : length.div(size).ceil().clamp(0, Double.POSITIVE_INFINITY);
            long each = options.samples() > 0 ? options.samples() : greatest(counts);
            Tensor divisor = counts.clamp(1, Double.POSITIVE_INFINITY);
            Tensor number = Tensor.arange(each).to(from.dtype()).to(from.device());
            Tensor part = Tensor.arange(size).to(from.dtype()).to(from.device()).unsqueeze(1);
            // [k, size, each]
            Tensor within = part.add(number.add(0.5).div(divisor)).div(size);
            Tensor shares = number.lt(counts).to(from.dtype()).div(divisor).expand(within.shape());
            return new Samples(start.add(length.mul(within)).flatten(1), shares.flatten(1), each);
        }

        private static long greatest(Tensor counts) {
            double most = counts.shape().isEmpty() ? 1 : counts.amax().item();
            if (!(most <= MOST_SAMPLES)) {
                throw new TensorException("roi_align: a box with " + most + " places along a part (expected at most "
                        + MOST_SAMPLES + "); check the boxes, or give a number of samples");
            }
            return Math.max(1, (long) most);
        }
    }

    /** The two neighbours of places along one direction, and how much each counts; places far outside count nothing. */
    private record Axis(Tensor low, Tensor high, Tensor fraction, Tensor counted) {
        static Axis of(Samples samples, long size) {
            Tensor places = samples.places;
            Tensor inside = places.ge(-1.0).and(places.le((double) size));
            Tensor within = places.clamp(0, Math.max(size - 1, 0));
            Tensor low = within.floor();
            Tensor high = low.add(1).clamp(0, Math.max(size - 1, 0));
            Tensor counted = inside.to(places.dtype()).mul(samples.shares);
            return new Axis(low.to(DType.I64), high.to(DType.I64), within.sub(low), counted);
        }

        Tensor position(int neighbour) {
            return neighbour == 0 ? low : high;
        }

        Tensor weight(int neighbour) {
            return (neighbour == 0 ? fraction.rsub(1) : fraction).mul(counted);
        }
    }

    private static void check(String op, Tensor boxes) {
        if (boxes.shape().rank() != 2 || boxes.shape().size(1) != 4) {
            throw new TensorException(
                    op + ": boxes " + boxes.spec() + " (expected [n, 4]: x1, y1, x2, y2); reshape them?");
        }
    }
}
