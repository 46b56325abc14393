package dev.lanewise.nn.data.image;

/** Changes an image's size: first its columns, then its rows, each by weights computed once. */
final class Resampling {
    private Resampling() {}

    static Image resize(Image image, int rows, int columns) {
        return resize(image, rows, 0, rows, columns, 0, columns);
    }

    /**
     * Part of a resized image.
     *
     * @param rows the rows of the whole resized image
     * @param top the part's first row
     * @param height the part's rows
     */
    static Image resize(Image image, int rows, int top, int height, int columns, int left, int width) {
        Image wide = image;
        int from = 0;
        if (image.width() != columns || width != columns) {
            // Only the rows that the part depends on.
            from = image.height() == rows ? top : new Window(top, image.height(), rows).start;
            int to = image.height() == rows ? top + height : new Window(top + height - 1, image.height(), rows).end();
            wide = image.width() == columns
                    ? image.crop(from, left, to - from, width)
                    : resizeColumns(image, from, to, columns, left, width);
        }
        if (image.height() == rows) {
            return wide.height() == height ? wide : wide.crop(top - from, 0, height, wide.width());
        }
        return resizeRows(wide, image.height(), from, rows, top, height);
    }

    /** For one target position, the first source position and the weights from there on, which sum to 1. */
    private static final class Window {
        final int start;
        final float[] weights;

        int end() {
            return start + weights.length;
        }

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

    /** Some columns of some of the image's rows, widened or narrowed. */
    private static Image resizeColumns(Image image, int from, int to, int columns, int left, int width) {
        Image result = new Image(image.channels(), to - from, width);
        float[] source = image.values();
        float[] target = result.values();
        for (int column = 0; column < width; column++) {
            Window window = new Window(left + column, image.width(), columns);
            for (int row = 0; row < image.channels() * result.height(); row++) {
                float sum = 0;
                int first = image.index(row / result.height(), from + row % result.height(), window.start);
                for (int i = 0; i < window.weights.length; i++) {
                    sum += window.weights[i] * source[first + i];
                }
                target[row * width + column] = sum;
            }
        }
        return result;
    }

    /**
     * Some rows, computed from an image that may hold only part of the source's rows.
     *
     * @param sourceRows how many rows the source has
     * @param from the source's row that the image begins with
     */
    private static Image resizeRows(Image image, int sourceRows, int from, int rows, int top, int height) {
        Image result = new Image(image.channels(), height, image.width());
        for (int row = 0; row < height; row++) {
            Window window = new Window(top + row, sourceRows, rows);
            for (int c = 0; c < image.channels(); c++) {
                int to = result.index(c, row, 0);
                for (int i = 0; i < window.weights.length; i++) {
                    int first = image.index(c, window.start + i - from, 0);
                    for (int column = 0; column < image.width(); column++) {
                        result.values()[to + column] += window.weights[i] * image.values()[first + column];
                    }
                }
            }
        }
        return result;
    }
}
