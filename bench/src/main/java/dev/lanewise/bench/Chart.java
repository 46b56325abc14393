package dev.lanewise.bench;

import dev.lanewise.nn.io.BadFileException;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;

/**
 * Draws a comparison: one bar per piece of work, as long as the logarithm of our speed over the peer's, so that one
 * half is as far to the left of 1 as two is to the right.
 */
final class Chart {
    private static final int ROW_HEIGHT = 18;
    private static final int MARGIN = 120;
    private static final int WIDTH = 1000;

    private Chart() {}

    /** Writes a PNG. */
    static void write(Comparison comparison, Path file) {
        // the first row is drawn lowest
        List<Comparison.Row> rows = comparison.rows().reversed();
        HorizontalBarChart chart = new HorizontalBarChartBuilder()
                .width(WIDTH)
                .height(MARGIN + ROW_HEIGHT * rows.size())
                .title("Speed over the peer's (right of 1: faster)")
                .build();
        chart.getStyler().setLegendVisible(false).setChartBackgroundColor(Color.WHITE);
        // every row gets its label: XChart uses this hint for the axis of names, too
        chart.getStyler()
                .setXAxisTickMarkSpacingHint(1)
                .setXAxisTickLabelsFormattingFunction(power -> String.format(Locale.ROOT, "%.3g", Math.pow(2, power)));
        chart.addSeries(
                "ratio",
                rows.stream().map(row -> Math.log(row.ratio()) / Math.log(2)).toList(),
                rows.stream().map(Comparison.Row::name).toList());
        try {
            ChartEncoder.saveChart(chart, file.toString(), "png");
        } catch (IOException e) {
            throw BadFileException.unwritable(file, e);
        }
    }
}
