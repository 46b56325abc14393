package dev.lanewise.nn.data;

/** Changes an image's size: first its columns, then its rows, each by weights computed once. */
final class Resampling {
    private Resampling() {}

    static Image resize(Image image, int rows, int columns) {
        Image wide = image.width() == columns ? image : resizeColumns(image, columns);
        return wide.height() == rows ? wide : resizeRows(wide, rows);
    }

    /** For one target position the first source position and the weights from there on, adding up to 1. */
    private static final class Window {
        final int start;
        final float[] weights;

        Window(int target, int sourceSize, int targetSize) {
            double scale = (double) sourceSize / targetSize;
            double support = Math.max(1, scale);
            double centre = (target + 0.5) * scale;
            start = Math.max(0, (int) (centre - support + 0.5));
            int end = Math.min(sourceSize, (int) (centre + support + 0.5));
            weights = new float[Math.max(1, end - start)];
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) Math.max(0, 1 - Math.abs(start + i + 0.5 - centre) / support);
                sum += weights[i];
            }
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) (weights[i] / sum);
            }
        }
    }

    private static Image resizeColumns(Image image, int columns) {
        Image result = new Image(image.channels(), image.height(), columns);
        float[] source = image.values();
        float[] target = result.values();
        for (int column = 0; column < columns; column++) {
            Window window = new Window(column, image.width(), columns);
            for (int row = 0; row < image.channels() * image.height(); row++) {
                float sum = 0;
                int from = row * image.width() + window.start;
                for (int i = 0; i < window.weights.length; i++) {
                    sum += window.weights[i] * source[from + i];
                }
                target[row * columns + column] = sum;
            }
        }
        return result;
    }

    private static Image resizeRows(Image image, int rows) {
        Image result = new Image(image.channels(), rows, image.width());
        for (int row = 0; row < rows; row++) {
            Window window = new Window(row, image.height(), rows);
            for (int c = 0; c < image.channels(); c++) {
                int to = result.index(c, row, 0);
                for (int i = 0; i < window.weights.length; i++) {
                    int from = image.index(c, window.start + i, 0);
                    for (int column = 0; column < image.width(); column++) {
                        result.values()[to + column] += window.weights[i] * image.values()[from + column];
                    }
                }
            }
        }
        return result;
    }
}
