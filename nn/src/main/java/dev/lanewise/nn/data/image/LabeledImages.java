package dev.lanewise.nn.data.image;

import java.util.List;

/**
 * Images of one size, each with a class, all in memory, one byte per channel and pixel.
 *
 * <p>The pixels' layout is [count, channels, height, width], row-major, 0 to 255 unsigned.
 */
public final class LabeledImages {
    private final int channels;
    private final int height;
    private final int width;
    private final byte[] pixels;
    private final int[] labels;
    private final List<String> classes;

    /**
     * Wraps arrays; they are not copied and must not be changed afterwards.
     *
     * @param channels the number of channels
     * @param height the number of rows
     * @param width the number of columns
     * @param pixels count x channels x height x width bytes
     * @param labels one class index per image, from 0 to the number of classes less 1
     * @param classes the names of the classes
     * @throws IllegalArgumentException if the sizes do not match or a label has no class
     */
    public LabeledImages(int channels, int height, int width, byte[] pixels, int[] labels, List<String> classes) {
        if ((long) labels.length * channels * height * width != pixels.length) {
            throw new IllegalArgumentException("LabeledImages: found " + pixels.length + " bytes of pixels; expected "
                    + labels.length + " x " + channels + " x " + height + " x " + width + "; check the sizes");
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes.size()) {
                throw new IllegalArgumentException("LabeledImages: found the label " + labels[i] + " at image " + i
                        + "; expected 0 to " + (classes.size() - 1) + "; check the labels");
            }
        }
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.pixels = pixels;
        this.labels = labels;
        this.classes = List.copyOf(classes);
    }

    /**
     * An array for the pixels of images.
     *
     * @throws IllegalArgumentException if the count is negative, or too large for an array
     */
    static byte[] room(int count, int imageSize) {
        long bytes = (long) count * imageSize;
        if (count < 0 || bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("images: found a count of " + count + "; expected 0 to "
                    + (Integer.MAX_VALUE - 8) / imageSize + "; make fewer at a time");
        }
        return new byte[(int) bytes];
    }

    /** {@return the number of images, which is that of labels} */
    public int size() {
        return labels.length;
    }

    /** {@return the number of channels: 1 for grey, 3 for red, green, blue} */
    public int channels() {
        return channels;
    }

    /** {@return the number of rows of an image} */
    public int height() {
        return height;
    }

    /** {@return the number of columns of an image} */
    public int width() {
        return width;
    }

    /** {@return the names of the classes; a label is an index into it} */
    public List<String> classes() {
        return classes;
    }

    /**
     * {@return the class of an image}
     *
     * @param image its number, from 0
     */
    public int label(int image) {
        return labels[image];
    }

    /** {@return a copy of the class numbers of all images} */
    public int[] labels() {
        return labels.clone();
    }

    /** {@return the number of values of one image: channels x height x width} */
    public int imageSize() {
        return channels * height * width;
    }

    /**
     * Writes one image as floats from 0 to 1, [channels, height, width].
     *
     * @param image its number, from 0
     * @param target the array to write to
     * @param offset the position of the first value in {@code target}
     */
    public void copyTo(int image, float[] target, int offset) {
        int size = imageSize();
        int from = image * size;
        for (int i = 0; i < size; i++) {
            target[offset + i] = (pixels[from + i] & 0xff) / 255f;
        }
    }

    /**
     * {@return one pixel from 0 to 255}
     *
     * @param image its number, from 0
     * @param channel the channel, from 0
     * @param row the row, from 0
     * @param column the column, from 0
     */
    public int pixel(int image, int channel, int row, int column) {
        return pixels[((image * channels + channel) * height + row) * width + column] & 0xff;
    }

    /**
     * {@return the images from {@code from} (inclusive) to {@code to} (exclusive), copied}
     *
     * @param from the number of the first image
     * @param to the number of the image before which to stop
     */
    public LabeledImages slice(int from, int to) {
        int[] indices = new int[to - from];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = from + i;
        }
        return select(indices);
    }

    /**
     * {@return the images of the given indices, in that order, copied}
     *
     * @param indices numbers of images, from 0
     */
    public LabeledImages select(int... indices) {
        int size = imageSize();
        byte[] selected = new byte[indices.length * size];
        int[] selectedLabels = new int[indices.length];
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(pixels, indices[i] * size, selected, i * size, size);
            selectedLabels[i] = labels[indices[i]];
        }
        return new LabeledImages(channels, height, width, selected, selectedLabels, classes);
    }

    @Override
    public String toString() {
        return size() + " images of " + channels + " x " + height + " x " + width + " in " + classes.size()
                + " classes";
    }
}
