package dev.lanewise.examples.train.segment;

import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A folder with images in {@code images} and, under the same names but for their endings, masks in {@code masks}: grey images,
 * each level of which is a class.
 *
 * @param images {@code [3, side, side]} each, row by row
 * @param masks the classes of their pixels
 * @param levels the grey level of each class, ascending
 * @param side height and width of all
 */
record MaskFolder(List<float[]> images, List<long[]> masks, List<Integer> levels, int side) {
    private static final String KIND = "a folder 'images' and a folder 'masks' with a PNG of each image's classes";
    private static final int CHANNELS = 3;
    private static final int MOST_CLASSES = 64;

    /** Whether a folder is one. */
    static boolean isAt(Path folder) {
        return Files.isDirectory(folder.resolve("images")) && Files.isDirectory(folder.resolve("masks"));
    }

    /** Reads all images as squares of a side. */
    static MaskFolder read(Path folder, int side) {
        List<float[]> images = new ArrayList<>();
        List<int[]> grey = new ArrayList<>();
        TreeSet<Integer> levels = new TreeSet<>();
        for (Path file : files(folder.resolve("images"))) {
            images.add(pixels(ImageFiles.read(file), side));
            int[] mask = levels(ImageFiles.read(mask(folder.resolve("masks"), file)), side);
            grey.add(mask);
            for (int level : mask) {
                levels.add(level);
            }
        }
        if (levels.size() < 2 || levels.size() > MOST_CLASSES) {
            throw new BadFileException(
                    folder.resolve("masks"),
                    levels.size() + " grey levels in all masks",
                    "2 to " + MOST_CLASSES + ", one for each class; images saved as JPEG have more",
                    "save masks as PNG without smoothing");
        }
        List<Integer> classes = List.copyOf(levels);
        List<long[]> masks = grey.stream()
                .map(mask -> Arrays.stream(mask).mapToLong(classes::indexOf).toArray())
                .toList();
        return new MaskFolder(images, masks, classes, side);
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = entries.filter(ImageFiles::isImage).sorted().toList();
            if (files.size() < 2) {
                throw new BadFileException(folder, files.size() + " images", "two or more: " + KIND, "add some");
            }
            return files;
        } catch (IOException failure) {
            throw BadFileException.unreadable(folder, KIND, failure);
        }
    }

    private static Path mask(Path folder, Path image) {
        String stem = image.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        Path mask = folder.resolve(stem + ".png");
        if (!Files.isRegularFile(mask)) {
            throw new BadFileException(mask, "no such file", "the mask of " + image.getFileName(), "add it");
        }
        return mask;
    }

    /** An image of three channels, {@code [3, side, side]}. */
    static float[] pixels(Image image, int side) {
        Image square = image.resize(side, side);
        float[] pixels = new float[CHANNELS * side * side];
        for (int i = 0; i < pixels.length; i++) {
            int channel = Math.min(i / (side * side), square.channels() - 1);
            pixels[i] = square.get(channel, i / side % side, i % side);
        }
        return pixels;
    }

    /** The grey levels nearest to each pixel of the square; between two classes there is no third. */
    private static int[] levels(Image mask, int side) {
        int[] levels = new int[side * side];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = Math.round(
                    255 * mask.get(0, middle(i / side, mask.height(), side), middle(i % side, mask.width(), side)));
        }
        return levels;
    }

    /** Where the middle of one of so many equal pieces of a size lies. */
    private static int middle(int piece, int size, int pieces) {
        return (int) ((piece + 0.5) * size / pieces);
    }

    /** Every fifth image, or the others. */
    Dataset part(boolean test) {
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            if ((i % 5 == 1) == test) {
                chosen.add(i);
            }
        }
        try (var ignored = Scope.open("images")) {
            int pixels = side * side;
            float[] x = new float[chosen.size() * CHANNELS * pixels];
            long[] y = new long[chosen.size() * pixels];
            for (int i = 0; i < chosen.size(); i++) {
                System.arraycopy(images.get(chosen.get(i)), 0, x, i * CHANNELS * pixels, CHANNELS * pixels);
                System.arraycopy(masks.get(chosen.get(i)), 0, y, i * pixels, pixels);
            }
            return new TensorDataset(
                    Tensor.of(x, chosen.size(), CHANNELS, side, side), Tensor.of(y, chosen.size(), side, side));
        }
    }
}
