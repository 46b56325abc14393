package dev.lanewise.nn.train;

import dev.lanewise.nn.metrics.Metric;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What was measured on a data set.
 *
 * @param figures by name: {@code loss}, which is that of all samples as one batch, then those of the metrics
 * @param metrics the metrics themselves, for what does not fit into figures
 */
public record Evaluation(Map<String, Double> figures, List<Metric> metrics) {
    /** Takes copies. */
    public Evaluation {
        Objects.requireNonNull(metrics, "metrics");
        figures = Copies.ordered(figures);
        metrics = List.copyOf(metrics);
    }
}
