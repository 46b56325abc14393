package dev.lanewise.nn.data;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder with a folder of JPEG or PNG images for every class. Classes and files are in the order of their names, the
 * same on every system; images may lie in folders of folders; hidden files are passed over.
 */
public final class ImageFolder {
    private static final String KIND = "a folder with a folder of JPEG or PNG images for every class";

    private final List<String> classes;
    private final List<Path> files;
    private final int[] labels;

    private ImageFolder(List<String> classes, List<Path> files, int[] labels) {
        this.classes = classes;
        this.files = files;
        this.labels = labels;
    }

    /**
     * Lists a folder; no image is read yet.
     *
     * @throws BadFileException if it is no folder, has no class folders, or a class folder has no image
     */
    public static ImageFolder open(Path root) {
        try {
            List<Path> folders = classFolders(root);
            List<Path> files = new ArrayList<>();
            List<Integer> labels = new ArrayList<>();
            for (int label = 0; label < folders.size(); label++) {
                List<Path> images = images(folders.get(label));
                if (images.isEmpty()) {
                    throw new BadFileException(
                            folders.get(label),
                            "no JPEG or PNG image",
                            "at least one in every class folder",
                            "add images or remove the folder");
                }
                files.addAll(images);
                for (int i = 0; i < images.size(); i++) {
                    labels.add(label);
                }
            }
            return new ImageFolder(
                    folders.stream()
                            .map(folder -> folder.getFileName().toString())
                            .toList(),
                    List.copyOf(files),
                    labels.stream().mapToInt(Integer::intValue).toArray());
        } catch (IOException failure) {
            throw BadFileException.unreadable(root, KIND, failure);
        }
    }

    private static List<Path> classFolders(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            String found = Files.exists(root) ? "a file" : "no such folder";
            throw new BadFileException(root, found, KIND, "check the path");
        }
        try (Stream<Path> entries = Files.list(root)) {
            List<Path> folders = entries.filter(entry -> Files.isDirectory(entry) && !isHidden(entry))
                    .sorted(Comparator.comparing(entry -> entry.getFileName().toString()))
                    .toList();
            if (folders.isEmpty()) {
                throw new BadFileException(
                        root, "no folders in it", KIND, "put the images into a folder for each class");
            }
            return folders;
        }
    }

    private static List<Path> images(Path folder) throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            return entries.filter(file -> ImageFiles.isImage(file) && Files.isRegularFile(file) && !isHidden(file))
                    .sorted(Comparator.comparing(
                            file -> folder.relativize(file).toString().replace('\\', '/')))
                    .toList();
        }
    }

    private static boolean isHidden(Path entry) {
        return entry.getFileName().toString().startsWith(".");
    }

    /** The names of the classes: those of the folders, in order. */
    public List<String> classes() {
        return classes;
    }

    /** The number of images. */
    public int size() {
        return files.size();
    }

    /** The path of an image. */
    public Path file(int index) {
        return files.get(index);
    }

    /** The class of an image. */
    public int label(int index) {
        return labels[index];
    }

    /** The classes of all images, a copy. */
    public int[] labels() {
        return labels.clone();
    }

    /**
     * Reads one image.
     *
     * @throws BadFileException if it cannot be read or decoded
     */
    public Image read(int index) {
        return ImageFiles.read(files.get(index));
    }

    /**
     * Reads all images into memory, in parallel: scaled by the shorter side, then cropped around the middle.
     *
     * @param side the rows and columns of every result
     * @throws BadFileException naming the first image that cannot be read or decoded
     */
    public LabeledImages readAll(int side) {
        return readAll(side, failure -> {
            throw failure;
        });
    }

    /**
     * As {@link #readAll(int)}, leaving out images that cannot be read.
     *
     * @param skipped told of every image left out, in order
     */
    public LabeledImages readAll(int side, Consumer<BadFileException> skipped) {
        int imageSize = 3 * side * side;
        byte[] pixels = new byte[Math.multiplyExact(size(), imageSize)];
        @Nullable BadFileException[] failures = new BadFileException[size()];
        IntStream.range(0, size()).parallel().forEach(i -> {
            try {
                Image image = read(i).resizeShorterSide(side).centerCrop(side, side);
                for (int p = 0; p < imageSize; p++) {
                    pixels[i * imageSize + p] = (byte) Math.round(Math.clamp(image.values()[p], 0f, 1f) * 255f);
                }
            } catch (BadFileException failure) {
                failures[i] = failure;
            }
        });
        Arrays.stream(failures).filter(failure -> failure != null).forEach(skipped);
        int[] good = IntStream.range(0, size()).filter(i -> failures[i] == null).toArray();
        LabeledImages all = new LabeledImages(3, side, side, pixels, labels(), classes);
        return good.length == size() ? all : all.select(good);
    }
}
