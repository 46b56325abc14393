package dev.lanewise.nn.data.image;

/**
 * An image as floats, [channels, height, width], row-major, usually 0 to 1. Operations return a new image.
 */
public final class Image {
    private final int channels;
    private final int height;
    private final int width;
    private final float[] values;

    /**
     * Wraps an array; it is not copied.
     *
     * @param channels the number of channels, 1 or more
     * @param height the number of rows
     * @param width the number of columns
     * @param values the values, {@code [channels, height, width]}
     * @throws IllegalArgumentException if the array's length is not channels x height x width, or one of them is below
     *     1
     */
    public Image(int channels, int height, int width, float[] values) {
        if (channels < 1 || height < 1 || width < 1 || values.length != count(channels, height, width)) {
            throw new IllegalArgumentException("Image: found " + values.length + " values; expected " + channels + " x "
                    + height + " x " + width + ", each at least 1; check the sizes");
        }
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.values = values;
    }

    /**
     * An image whose values are all 0.
     *
     * @param channels the number of channels, 1 or more
     * @param height the number of rows
     * @param width the number of columns
     * @throws IllegalArgumentException if a size is below 1, or the image has more values than a Java array
     */
    public Image(int channels, int height, int width) {
        this(channels, height, width, new float[count(channels, height, width)]);
    }

    private static int count(int channels, int height, int width) {
        boolean positive = channels > 0 && height > 0 && width > 0;
        long most = Integer.MAX_VALUE - 8;
        if (!positive || (long) height * width > most || (long) height * width * channels > most) {
            throw new IllegalArgumentException("Image: found the sizes " + channels + " x " + height + " x " + width
                    + "; expected each at least 1 and at most " + most + " values; check the sizes");
        }
        return channels * height * width;
    }

    /** {@return the number of channels: 1 for grey, 3 for colours} */
    public int channels() {
        return channels;
    }

    /** {@return the number of rows of pixels} */
    public int height() {
        return height;
    }

    /** {@return the number of columns of pixels} */
    public int width() {
        return width;
    }

    /** {@return the values {@code [channels, height, width]} in row-major order: the image's own array, not a copy} */
    public float[] values() {
        return values;
    }

    /**
     * {@return the value of one channel of one pixel}
     *
     * @param channel its channel, from 0
     * @param row its row, from 0
     * @param column its column, from 0
     */
    public float get(int channel, int row, int column) {
        return values[(channel * height + row) * width + column];
    }

    /** The position of a value in {@link #values}. */
    int index(int channel, int row, int column) {
        return (channel * height + row) * width + column;
    }

    /**
     * Part of the image; what lies outside it is 0.
     *
     * @param top the first row, may be negative
     * @param left the first column, may be negative
     * @param rows the height of the result
     * @param columns the width of the result
     * @return a new image
     */
    public Image crop(int top, int left, int rows, int columns) {
        Image part = new Image(channels, rows, columns);
        int from = Math.max(0, -left);
        int to = Math.min(columns, width - left);
        for (int c = 0; c < channels; c++) {
            for (int row = Math.max(0, -top); row < Math.min(rows, height - top) && from < to; row++) {
                System.arraycopy(
                        values, index(c, top + row, left + from), part.values, part.index(c, row, from), to - from);
            }
        }
        return part;
    }

    /**
     * The middle of the image; where it is smaller, zeros surround it.
     *
     * @param rows the height of the result
     * @param columns the width of the result
     * @return a new image
     */
    public Image centerCrop(int rows, int columns) {
        return crop(Math.floorDiv(height - rows, 2), Math.floorDiv(width - columns, 2), rows, columns);
    }

    /** {@return the image mirrored left to right} */
    public Image flip() {
        Image flipped = new Image(channels, height, width);
        for (int row = 0; row < channels * height; row++) {
            for (int column = 0; column < width; column++) {
                flipped.values[row * width + column] = values[row * width + width - 1 - column];
            }
        }
        return flipped;
    }

    /** {@return the image turned upside down} */
    public Image flipVertically() {
        Image flipped = new Image(channels, height, width);
        for (int row = 0; row < channels * height; row++) {
            int mirrored = row / height * height + height - 1 - row % height;
            System.arraycopy(values, mirrored * width, flipped.values, row * width, width);
        }
        return flipped;
    }

    /**
     * The image in another size, by a triangle filter that widens when the image shrinks (bilinear with antialiasing,
     * as Pillow's and torchvision's).
     *
     * @param rows the height of the result
     * @param columns the width of the result
     * @return a new image
     * @throws IllegalArgumentException if a size is below 1, or the image would have more values than a Java array
     */
    public Image resize(int rows, int columns) {
        count(channels, rows, columns);
        return Resampling.resize(this, rows, columns);
    }

    /**
     * The image scaled so that its shorter side has the given length; the aspect ratio is kept.
     *
     * @param side the length
     * @return a new image
     */
    public Image resizeShorterSide(int side) {
        return resize(longer(side, height), longer(side, width));
    }

    /** The length of a side when the shorter one becomes a given length. */
    private int longer(int side, int size) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(side, (long) side * size / Math.min(width, height)));
    }

    /**
     * The central square of the image after its shorter side is scaled to the given length: the same as {@code
     * resizeShorterSide(side).centerCrop(side, side)}, without computing what the crop removes, which is most of a long
     * strip.
     *
     * @param side the length
     * @return a new image
     */
    public Image resizeAndCenterCrop(int side) {
        int rows = longer(side, height);
        int columns = longer(side, width);
        return Resampling.resize(this, rows, (rows - side) / 2, side, columns, (columns - side) / 2, side);
    }
}
