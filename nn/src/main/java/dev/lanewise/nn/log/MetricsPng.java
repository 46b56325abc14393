package dev.lanewise.nn.log;

import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.metrics.ConfusionMatrix;
import dev.lanewise.nn.metrics.RankingMetrics;
import dev.lanewise.tensor.TensorException;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of measures of classification. They are drawn with XChart, as those of {@link CurvesPng} are. */
public final class MetricsPng {
    private static final int SIDE = 600;

    private MetricsPng() {}

    /**
     * Draws a confusion matrix: a row for each true class, from the first one at the top, a column for each predicted
     * one, with the counts.
     *
     * @param file the file to write
     * @param matrix the counts
     * @param names the classes' names, one each, all different
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     * @throws TensorException if XChart is missing
     * @throws TensorException if the names are not as many as the classes, or not distinct
     */
    public static void confusion(Path file, ConfusionMatrix matrix, List<String> names) {
        CurvesPng.checkXchart();
        int classes = matrix.classes();
        if (names.size() != classes || names.stream().distinct().count() != classes) {
            throw new TensorException("confusion matrix: names " + names + " (expected " + classes
                    + " different ones); name every class");
        }
        List<Number[]> cells = new ArrayList<>();
        for (int predicted = 0; predicted < classes; predicted++) {
            for (int row = 0; row < classes; row++) {
                cells.add(new Number[] {predicted, row, matrix.count(classes - 1 - row, predicted)});
            }
        }
        HeatMapChart chart = new HeatMapChartBuilder()
                .width(SIDE)
                .height(SIDE)
                .title("confusion matrix")
                .xAxisTitle("predicted")
                .yAxisTitle("actual")
                .build();
        chart.getStyler().setShowValue(true).setRangeColors(new Color[] {Color.WHITE, new Color(0x3070b0)});
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.addSeries("counts", names, names.reversed(), cells);
        write(file, BitmapEncoder.getBufferedImage(chart));
    }

    /**
     * Draws a receiver operating characteristic, with the diagonal of scores that say nothing.
     *
     * @param file the file to write
     * @param curve as {@link RankingMetrics#rocCurve} gives it
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     * @throws TensorException if XChart is missing
     */
    public static void roc(Path file, RankingMetrics.Curve curve) {
        XYChart chart = chart("ROC", "false positive rate", "true positive rate", curve);
        chart.addSeries("chance", new double[] {0, 1}, new double[] {0, 1}).setMarker(SeriesMarkers.NONE);
        write(file, BitmapEncoder.getBufferedImage(chart));
    }

    /**
     * Draws precision against recall.
     *
     * @param file the file to write
     * @param curve as {@link RankingMetrics#precisionRecallCurve} gives it
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     * @throws TensorException if XChart is missing
     */
    public static void precisionRecall(Path file, RankingMetrics.Curve curve) {
        write(file, BitmapEncoder.getBufferedImage(chart("precision and recall", "recall", "precision", curve)));
    }

    private static XYChart chart(String title, String x, String y, RankingMetrics.Curve curve) {
        CurvesPng.checkXchart();
        XYChart chart = new XYChartBuilder()
                .width(SIDE)
                .height(SIDE)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(1.0).setYAxisMin(0.0).setYAxisMax(1.0);
        int[] shown = CurvesPng.shown(curve.x().length);
        chart.addSeries("model", at(curve.x(), shown), at(curve.y(), shown)).setMarker(SeriesMarkers.NONE);
        return chart;
    }

    private static double[] at(double[] values, int... chosen) {
        return Arrays.stream(chosen).mapToDouble(i -> values[i]).toArray();
    }

    private static void write(Path file, BufferedImage image) {
        AtomicFile.write(file, channel -> ImageIO.write(image, "png", Channels.newOutputStream(channel)));
    }
}
