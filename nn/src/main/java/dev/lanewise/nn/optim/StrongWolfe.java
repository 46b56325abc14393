package dev.lanewise.nn.optim;

import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A search along a direction for a step that satisfies the strong Wolfe conditions: the loss falls enough, and its slope has
 * flattened enough (Nocedal and Wright 2006, algorithms 3.5 and 3.6, with cubic interpolation; bounds and safeguards as in
 * PyTorch).
 */
final class StrongWolfe {
    private static final double ENOUGH_DESCENT = 1e-4;
    private static final double ENOUGH_CURVATURE = 0.9;

    /** What is known of a place along the direction. */
    record Point(double step, double loss, double slope, List<Tensor> gradient) {}

    private final DoubleFunction<Point> evaluate;
    private final Point start;
    private final int most;

    /**
     * A search.
     *
     * @param evaluate loss and gradient at a step
     * @param start at step 0, where the slope is below 0
     * @param most how many evaluations may be made after the first one
     */
    StrongWolfe(DoubleFunction<Point> evaluate, Point start, int most) {
        this.evaluate = evaluate;
        this.start = start;
        this.most = most;
    }

    /**
     * The best place that was found.
     *
     * @param first the step to try first
     * @param leastWidth an interval below is not divided any more
     */
    Point find(double first, double leastWidth) {
        Point before = start;
        Point now = evaluate.apply(first);
        for (int i = 0; i < most; i++) {
            if (isTooHigh(now) || i > 1 && now.loss >= before.loss) {
                return zoom(before, now, i, leastWidth);
            }
            if (isFlat(now)) {
                return now;
            }
            if (now.slope >= 0) {
                return zoom(before, now, i, leastWidth);
            }
            double next = minimum(before, now, now.step + 0.01 * (now.step - before.step), now.step * 10);
            before = now;
            now = evaluate.apply(next);
        }
        return now.loss < start.loss ? now : start;
    }

    /** Narrows an interval that holds a step to be found. */
    private Point zoom(Point a, Point b, int made, double leastWidth) {
        Point low = b.loss < a.loss ? b : a;
        Point high = b.loss < a.loss ? a : b;
        boolean stuck = false;
        for (int i = made; i < most && Math.abs(high.step - low.step) >= leastWidth; i++) {
            double from = Math.min(low.step, high.step);
            double to = Math.max(low.step, high.step);
            double step = minimum(low, high, from, to);
            double margin = 0.1 * (to - from);
            boolean near = Math.min(to - step, step - from) < margin;
            if (near && (stuck || step >= to || step <= from)) {
                step = to - step < step - from ? to - margin : from + margin;
                near = false;
            }
            stuck = near;
            Point now = evaluate.apply(step);
            if (isTooHigh(now) || now.loss >= low.loss) {
                // of two that are not low enough the lower one stays
                high = now.loss < low.loss ? low : now;
                low = now.loss < low.loss ? now : low;
                continue;
            }
            if (isFlat(now)) {
                return now;
            }
            if (now.slope * (high.step - low.step) >= 0) {
                high = low;
            }
            low = now;
        }
        return low;
    }

    /** NaN is too high as well. */
    private boolean isTooHigh(Point p) {
        return !(p.loss <= start.loss + ENOUGH_DESCENT * p.step * start.slope);
    }

    private boolean isFlat(Point p) {
        return Math.abs(p.slope) <= -ENOUGH_CURVATURE * start.slope;
    }

    /** Where the cubic through two points with their slopes is least, between bounds; else their middle. */
    private static double minimum(Point p, Point q, double least, double greatest) {
        boolean isInOrder = p.step <= q.step;
        Point left = isInOrder ? p : q;
        Point right = isInOrder ? q : p;
        double chord = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.step - right.step);
        double square = chord * chord - left.slope * right.slope;
        if (!(square >= 0)) {
            return (least + greatest) / 2;
        }
        double root = Math.sqrt(square);
        double part = (right.slope + root - chord) / (right.slope - left.slope + 2 * root);
        double place = right.step - (right.step - left.step) * part;
        // where a loss is infinite, there is no cubic
        return Double.isNaN(place) ? (least + greatest) / 2 : Math.min(Math.max(place, least), greatest);
    }
}
