package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads JPEG and PNG files as red, green and blue from 0 to 1, and writes PNG. */
public final class ImageFiles {
    private static final String KIND = "a JPEG or PNG image";
    private static final String REMEDY = "remove the file or save it again as JPEG or PNG";

    /** A small file can announce a huge image; no training set has larger ones. */
    private static final long MAX_PIXELS = 100_000_000;

    private static final long MAX_FILE_BYTES = 1L << 29;

    private ImageFiles() {}

    /** Whether a file's name ends like that of a JPEG or PNG image. */
    public static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".jpg") || name.endsWith(".jpeg") || name.endsWith(".png");
    }

    /**
     * Reads an image; grey becomes three equal channels, transparency is dropped.
     *
     * @return [3, height, width], 0 to 1
     * @throws BadFileException if it is missing, damaged, too large or of another format
     */
    public static Image read(Path file) {
        byte[] bytes;
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new BadFileException(file, Files.size(file) + " bytes", "at most " + MAX_FILE_BYTES, REMEDY);
            }
            bytes = Files.readAllBytes(file);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
        try (ImageInputStream in =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(JpegProfiles.remove(bytes)))) {
            return toRgb(decode(file, in));
        } catch (BadFileException named) {
            throw named;
        } catch (IOException | RuntimeException damaged) {
            // The decoders of javax.imageio report damage by exceptions of many kinds.
            throw new BadFileException(
                    file, "an image that cannot be decoded (" + damaged.getMessage() + ")", KIND, REMEDY, damaged);
        }
    }

    private static BufferedImage decode(Path file, ImageInputStream in) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
        if (!readers.hasNext()) {
            throw new BadFileException(file, "no image format that Java can read", KIND, REMEDY);
        }
        ImageReader reader = readers.next();
        try {
            reader.setInput(in, true, true);
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > MAX_PIXELS) {
                throw new BadFileException(file, "an image of " + pixels + " pixels", "at most " + MAX_PIXELS, REMEDY);
            }
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }

    /**
     * The stored samples: {@code getRGB} would brighten grey, which it takes for linear light, and apply colour profiles.
     */
    private static Image toRgb(BufferedImage source) {
        Raster raster = source.getRaster();
        int type = source.getColorModel().getColorSpace().getType();
        boolean indexed = source.getColorModel() instanceof IndexColorModel;
        if (type == ColorSpace.TYPE_GRAY && raster.getNumBands() <= 2) {
            return fromSamples(raster, 0, 0, 0);
        }
        if (type == ColorSpace.TYPE_RGB && raster.getNumBands() >= 3 && !indexed) {
            return fromSamples(raster, 0, 1, 2);
        }
        return fromColours(source);
    }

    private static Image fromSamples(Raster raster, int... bands) {
        Image image = new Image(3, raster.getHeight(), raster.getWidth());
        int[] line = new int[image.width()];
        for (int c = 0; c < bands.length; c++) {
            float scale = (1L << raster.getSampleModel().getSampleSize(bands[c])) - 1;
            for (int row = 0; row < image.height(); row++) {
                raster.getSamples(0, row, line.length, 1, bands[c], line);
                int at = image.index(c, row, 0);
                for (int column = 0; column < line.length; column++) {
                    image.values()[at + column] = line[column] / scale;
                }
            }
        }
        return image;
    }

    private static Image fromColours(BufferedImage source) {
        Image image = new Image(3, source.getHeight(), source.getWidth());
        int[] line = new int[image.width()];
        int plane = image.height() * image.width();
        for (int row = 0; row < image.height(); row++) {
            source.getRGB(0, row, line.length, 1, line, 0, line.length);
            for (int column = 0; column < line.length; column++) {
                int at = image.index(0, row, column);
                image.values()[at] = (line[column] >> 16 & 0xff) / 255f;
                image.values()[at + plane] = (line[column] >> 8 & 0xff) / 255f;
                image.values()[at + 2 * plane] = (line[column] & 0xff) / 255f;
            }
        }
        return image;
    }

    /**
     * An image as a PNG file's bytes.
     *
     * @param image of one channel (grey) or three (red, green, blue), 0 to 1; what is outside is cut off
     * @throws IllegalArgumentException if it has another number of channels
     */
    public static byte[] png(Image image) {
        if (image.channels() != 1 && image.channels() != 3) {
            throw new IllegalArgumentException("png: found an image of " + image.channels()
                    + " channels; expected 1 or 3; choose one channel or combine them");
        }
        int type = image.channels() == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
        BufferedImage pixels = new BufferedImage(image.width(), image.height(), type);
        int[] samples = new int[image.width() * image.height()];
        for (int c = 0; c < image.channels(); c++) {
            for (int i = 0; i < samples.length; i++) {
                float value = image.values()[c * samples.length + i];
                samples[i] = Math.round(Math.clamp(value, 0f, 1f) * 255f);
            }
            pixels.getRaster().setSamples(0, 0, image.width(), image.height(), c, samples);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(pixels, "png", bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }
}
