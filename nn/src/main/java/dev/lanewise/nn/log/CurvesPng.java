package dev.lanewise.nn.log;

import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.TensorException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A picture of the training curves over all epochs, written at the end of training: a panel for each measure, the
 * training's and the validation's loss in one. It draws with XChart, which is not a dependency of Lanewise: add
 * {@code org.knowm.xchart:xchart} to your project, and {@code requires xchart} to your module.
 */
public final class CurvesPng implements Callback {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 300;

    /** XChart computes with differences and ratios of values: greater ones overflow there, and smaller ones than its reciprocal vanish. */
    private static final double MOST = 1e30;

    /** More points than pixels are not seen, and XChart looks at all of them for every number of an axis that it tries. */
    private static final int MOST_POINTS = 1000;

    private static final String TRAINING = "train_";

    /** Figures of speed, which are not learning curves. */
    private static final Set<String> LEFT_OUT = Set.of("train_s", "samples_per_s");

    private final Path file;

    /**
     * Writes to a file in an existing folder.
     *
     * @param file the file to write
     * @throws TensorException if XChart is missing
     */
    public CurvesPng(Path file) {
        Objects.requireNonNull(file, "file");
        checkXchart();
        this.file = file;
    }

    static void checkXchart() {
        if (!isThere("org.knowm.xchart.XYChart")) {
            throw new TensorException("curves: no XChart (expected org.knowm.xchart:xchart on the class path, or the"
                    + " module xchart); add it to your project");
        }
    }

    private static boolean isThere(String type) {
        try {
            Class.forName(type, false, CurvesPng.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException missing) {
            return false;
        }
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        if (!result.history().isEmpty()) {
            write(file, result.history());
        }
    }

    /**
     * Writes the curves of epochs.
     *
     * @param file the file to write
     * @param history one epoch or more
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     * @throws TensorException if XChart is missing, or there are no epochs
     */
    public static void write(Path file, List<EpochFigures> history) {
        checkXchart();
        if (history.isEmpty()) {
            throw new TensorException("curves: no epochs (expected one or more); train first");
        }
        List<XYChart> panels = panels(history);
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT * Math.max(1, panels.size()), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int i = 0; i < panels.size(); i++) {
            graphics.drawImage(BitmapEncoder.getBufferedImage(panels.get(i)), 0, HEIGHT * i, null);
        }
        graphics.dispose();
        AtomicFile.write(file, channel -> ImageIO.write(image, "png", Channels.newOutputStream(channel)));
    }

    private static List<XYChart> panels(List<EpochFigures> history) {
        Map<String, XYChart> panels = new LinkedHashMap<>();
        Set<String> figures = new LinkedHashSet<>(history.getLast().asMap().keySet());
        history.forEach(epoch -> figures.addAll(epoch.asMap().keySet()));
        for (String figure : figures) {
            if (!LEFT_OUT.contains(figure)) {
                String measure = measure(figure);
                addCurve(panels.computeIfAbsent(measure, CurvesPng::panel), figure, history);
            }
        }
        // XChart refuses to draw a chart without a curve
        List<XYChart> drawn = panels.values().stream()
                .filter(panel -> !panel.getSeriesCollection().isEmpty())
                .toList();
        drawn.forEach(CurvesPng::widen);
        return drawn;
    }

    private static String measure(String figure) {
        for (String prefix : List.of(TRAINING, EpochFigures.VALIDATION)) {
            if (figure.startsWith(prefix)) {
                return figure.substring(prefix.length());
            }
        }
        return figure;
    }

    private static XYChart panel(String measure) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(measure)
                .xAxisTitle("epoch")
                .build();
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setXAxisDecimalPattern("#");
        return chart;
    }

    /** A curve over the epochs in which the figure is present and finite; one beyond 1e30 is left out too. */
    private static void addCurve(XYChart panel, String figure, List<EpochFigures> history) {
        List<Integer> epochs = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        for (int i : shown(history.size())) {
            EpochFigures epoch = history.get(i);
            Double value = epoch.asMap().get(figure);
            if (value != null && Math.abs(value) <= MOST) {
                epochs.add(epoch.epoch());
                values.add(Math.abs(value) < 1 / MOST ? 0 : value);
            }
        }
        if (!epochs.isEmpty()) {
            XYSeries series = panel.addSeries(figure, epochs, values);
            series.setMarker(epochs.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
        }
    }

    /** Which of some points of a curve are drawn: all, or a thousand of them, the first and the last one included. */
    static int[] shown(int points) {
        int count = Math.min(points, MOST_POINTS);
        return IntStream.range(0, count)
                .map(i -> count == 1 ? 0 : (int) ((long) i * (points - 1) / (count - 1)))
                .toArray();
    }

    /** XChart's search for the axis's numbers does not end where values differ by their last digits alone. */
    private static void widen(XYChart panel) {
        double least = Double.POSITIVE_INFINITY;
        double greatest = Double.NEGATIVE_INFINITY;
        for (XYSeries series : panel.getSeriesCollection()) {
            least = Math.min(least, series.getYMin());
            greatest = Math.max(greatest, series.getYMax());
        }
        double size = Math.max(Math.abs(least), Math.abs(greatest));
        if (greatest - least < 1e-6 * size) {
            panel.getStyler().setYAxisMin(least - 1e-3 * size).setYAxisMax(greatest + 1e-3 * size);
        }
    }
}
