package dev.lanewise.nn.data.image;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder that contains a folder of JPEG or PNG images for every class. Classes and files are in the order of their
 * names, the same on every system; images may be in nested folders, symbolic links are followed, hidden files are
 * skipped.
 */
public final class ImageFolder {
    private static final String KIND = "a folder with a folder of JPEG or PNG images for every class";

    private static final int MAX_SIDE = 1 << 14;
    private static final int MAX_DEPTH = 64;
    private static final int MAX_FOLDERS = 100_000;

    private final Path root;
    private final List<String> classes;
    private final List<Path> files;
    private final int[] labels;

    private ImageFolder(Path root, List<String> classes, List<Path> files, int[] labels) {
        this.root = root;
        this.classes = classes;
        this.files = files;
        this.labels = labels;
    }

    /**
     * Lists a folder; no image is read yet.
     *
     * @param root a folder with a folder of images for each class
     * @return the list of images and classes
     * @throws BadFileException if it is not a folder, has no class folders, a class folder has no image, or a folder in
     *     it can't be read
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
                    root,
                    folders.stream()
                            .map(folder -> folder.getFileName().toString())
                            .toList(),
                    List.copyOf(files),
                    labels.stream().mapToInt(Integer::intValue).toArray());
        } catch (FileSystemException failure) {
            // It names the nested folder, such as one that can't be read.
            Path place = failure.getFile() == null ? root : root.resolve(failure.getFile());
            throw BadFileException.unreadable(place, KIND, failure);
        } catch (IOException failure) {
            throw BadFileException.unreadable(root, KIND, failure);
        } catch (UncheckedIOException failure) {
            throw BadFileException.unreadable(root, KIND, failure);
        } catch (InvalidPathException notAName) {
            throw new BadFileException(
                    root, "a name that is no path (" + notAName.getReason() + ")", KIND, "rename it", notAName);
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

    /** The images of a class; links are followed, except those that lead back to a folder above them. */
    private static List<Path> images(Path folder) throws IOException {
        List<Path> images = new ArrayList<>();
        int[] folders = {0};
        Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), MAX_DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
                // Links could lead to the same folders in ever new ways.
                if (++folders[0] > MAX_FOLDERS) {
                    throw new BadFileException(
                            folder, "more than " + MAX_FOLDERS + " folders", "fewer", "check its symbolic links");
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && ImageFiles.isImage(file) && !isHidden(file)) {
                    images.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof FileSystemLoopException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        images.sort(
                Comparator.comparing(file -> folder.relativize(file).toString().replace('\\', '/')));
        return images;
    }

    private static boolean isHidden(Path entry) {
        return entry.getFileName().toString().startsWith(".");
    }

    /** {@return the names of the classes: those of the folders, in order} */
    public List<String> classes() {
        return classes;
    }

    /** {@return the number of images in the folder} */
    public int size() {
        return files.size();
    }

    /**
     * {@return the path of an image}
     *
     * @param index its number, from 0
     */
    public Path file(int index) {
        return files.get(index);
    }

    /**
     * {@return the class of an image}
     *
     * @param index its number, from 0
     */
    public int label(int index) {
        return labels[index];
    }

    /** {@return the classes of all images, a copy} */
    public int[] labels() {
        return labels.clone();
    }

    /**
     * Reads one image of the folder, in its own size.
     *
     * @param index its number, from 0
     * @return the image
     * @throws BadFileException if it cannot be read or decoded
     */
    public Image read(int index) {
        return ImageFiles.read(files.get(index));
    }

    /**
     * Reads all images into memory, in parallel: scaled by the shorter side, then cropped around the middle.
     *
     * @param side the rows and columns of every result
     * @return the images and their classes
     * @throws BadFileException naming the first image that cannot be read or decoded
     */
    public LabeledImages readAll(int side) {
        return readAll(side, failure -> {
            throw failure;
        });
    }

    /**
     * Like {@link #readAll(int)}, but leaving out images that cannot be read.
     *
     * @param side the rows and columns of every result
     * @param skipped told of every image left out, in order
     * @return the images and their classes
     * @throws IllegalArgumentException if the side is not between 1 and 16,384, or the images take more than 2 GiB
     * @throws BadFileException if the images take more than half of the Java heap
     */
    public LabeledImages readAll(int side, Consumer<BadFileException> skipped) {
        long bytes = side < 1 || side > MAX_SIDE ? Long.MAX_VALUE : 3L * side * side * size();
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("images: found " + size() + " images of the side " + side
                    + "; expected a side from 1 to " + MAX_SIDE + " and at most 2 GiB in all; read them by batches with"
                    + " ImageFolderDataset");
        }
        ReadLimits.checkHeap(root, bytes);
        int imageSize = 3 * side * side;
        byte[] pixels = new byte[(int) bytes];
        @Nullable BadFileException[] failures = new BadFileException[size()];
        IntStream.range(0, size()).parallel().forEach(i -> {
            try {
                Image image = read(i).resizeAndCenterCrop(side);
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
