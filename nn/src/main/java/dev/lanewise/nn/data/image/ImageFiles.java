package dev.lanewise.nn.data.image;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads JPEG and PNG files as red, green and blue from 0 to 1, and writes PNG. */
public final class ImageFiles {
    private static final String KIND = "a JPEG or PNG image";
    private static final String REMEDY = "remove the file or save it again as JPEG or PNG";

    /** A small file can declare a huge image; no training set has larger ones. */
    private static final long MAX_PIXELS = 100_000_000;

    private static final long MAX_FILE_BYTES = 1L << 29;

    /** This many pixels are decoded however small the file is: a page of one colour compresses to a few kilobytes. */
    private static final long PIXELS_ALWAYS = 1 << 24;

    private static final int PIXELS_PER_BYTE = 100;

    /** Three floats, and the decoder's own bytes. */
    private static final int HEAP_PER_PIXEL = 20;

    /** Progressive files have about ten scans; a decoder takes as long for each as for a whole image. */
    private static final int MAX_SCANS = 100;

    private static final long MAX_SCANNED_PIXELS = 1_000_000_000;

    private ImageFiles() {}

    /**
     * {@return whether a file's name has the ending of a JPEG or PNG image}
     *
     * @param file its path
     */
    public static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".jpg") || name.endsWith(".jpeg") || name.endsWith(".png");
    }

    /**
     * Reads an image; grey becomes three equal channels, transparency is dropped.
     *
     * @param file its path
     * @return [3, height, width], 0 to 1
     * @throws BadFileException if it is missing, damaged (cut off, with a wrong checksum, or where the decoder warns),
     *     of another format, whatever its name, or too large: more than 100 million pixels, more than both 16 million
     *     and 100 per byte of the file, more than 100 scans, or more than half of the Java heap
     */
    public static Image read(Path file) {
        long length = InputLimits.length(file, KIND);
        if (length > MAX_FILE_BYTES) {
            throw new BadFileException(file, length + " bytes", "at most " + MAX_FILE_BYTES, REMEDY);
        }
        ReadLimits.checkHeap(file, length);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
        return decode(file, bytes);
    }

    private static Image decode(Path file, byte[] bytes) {
        boolean png = PngChunks.isPng(bytes);
        if (!png && !JpegScans.isJpeg(bytes)) {
            throw new BadFileException(file, "neither a JPEG nor a PNG signature", KIND, REMEDY);
        }
        if (png) {
            checkPixels(file, PngChunks.check(file, bytes), bytes.length, 1);
        }
        byte[] plain = JpegProfiles.remove(bytes);
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(plain))) {
            return toRgb(decode(file, in, png ? "png" : "jpeg", plain));
        } catch (BadFileException named) {
            throw named;
        } catch (IOException | RuntimeException broken) {
            // The decoders of javax.imageio report damage by exceptions of many kinds.
            throw new BadFileException(
                    file, "an image that cannot be decoded (" + broken.getMessage() + ")", KIND, REMEDY, broken);
        }
    }

    private static BufferedImage decode(Path file, ImageInputStream in, String format, byte[] bytes)
            throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
        List<String> warnings = new ArrayList<>();
        try {
            reader.setInput(in, true, true);
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            checkPixels(file, pixels, bytes.length, format.equals("png") ? 1 : JpegScans.count(bytes));
            BufferedImage image = reader.read(0);
            // Where data is missing or broken the decoder warns and paints grey.
            if (!warnings.isEmpty()) {
                throw damaged(file, "an image that is damaged (" + warnings.getFirst() + ")");
            }
            return image;
        } finally {
            reader.dispose();
        }
    }

    private static void checkPixels(Path file, long pixels, long bytes, int scans) {
        long most = Math.min(MAX_PIXELS, Math.max(PIXELS_ALWAYS, PIXELS_PER_BYTE * bytes));
        if (pixels > most) {
            throw new BadFileException(
                    file, "an image of " + pixels + " pixels in " + bytes + " bytes", "at most " + most, REMEDY);
        }
        if (scans > MAX_SCANS || scans * pixels > MAX_SCANNED_PIXELS) {
            throw new BadFileException(
                    file,
                    "an image of " + pixels + " pixels in " + scans + " scans",
                    "at most " + MAX_SCANS + " scans, and " + MAX_SCANNED_PIXELS + " pixels in all of them",
                    REMEDY);
        }
        ReadLimits.checkHeap(file, HEAP_PER_PIXEL * pixels);
    }

    static BadFileException damaged(Object file, String found) {
        return new BadFileException(file, found, KIND, REMEDY);
    }

    /**
     * The stored samples: {@code getRGB} would brighten grey, which it takes to be linear light, and would apply colour
     * profiles.
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
     * {@return an image as a PNG file's bytes}
     *
     * @param image of one channel (grey) or three (red, green, blue), 0 to 1; values outside are clipped
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
