package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * CIFAR-10 in its binary version: 32 x 32 images in red, green, blue, ten classes. The files {@code data_batch_*.bin}
 * and {@code test_batch.bin} are read from a folder or from a gzipped tar archive of them; there may be fewer batches,
 * and batches may be shorter, than in the full set of 50,000 and 10,000.
 *
 * <p>Source: Alex Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
public final class Cifar10 {
    /** The rows and columns of an image. */
    public static final int SIDE = 32;

    /** The names of the classes; a label is an index into it. */
    public static final List<String> CLASSES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    /** The full data set, as its publisher offers it. */
    public static final RemoteFile FILE = new RemoteFile(
            "cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd");

    /** Where it can be downloaded. */
    public static final List<URI> MIRRORS = List.of(URI.create("https://www.cs.toronto.edu/~kriz/"));

    private static final float[] MEAN = {0.4914f, 0.4822f, 0.4465f};
    private static final float[] STD = {0.2470f, 0.2435f, 0.2616f};

    /** The seed of the images that stand in for the files. */
    public static final long SYNTHETIC_SEED = 42;

    private static final int SYNTHETIC_TRAIN = 10_000;
    private static final int SYNTHETIC_TEST = 2_000;

    private static final int CHANNELS = 3;
    private static final int RECORD = 1 + CHANNELS * SIDE * SIDE;
    private static final int MAX_FILE_BYTES = 1 << 30;
    private static final String TEST = "test_batch.bin";

    private Cifar10() {}

    /**
     * The mean of the training pixels, scaled to 0 to 1, per channel, for normalisation.
     *
     * @return one number per channel
     */
    public static float[] mean() {
        return MEAN.clone();
    }

    /**
     * The standard deviation of the training pixels, scaled to 0 to 1, per channel.
     *
     * @return one number per channel
     */
    public static float[] std() {
        return STD.clone();
    }

    /**
     * Finds CIFAR-10 in the folder the user named, {@code LANEWISE_DATA} or the cache; else downloads the full data set
     * (162 MiB) into the cache; else, after one line to {@code notice} that says so and why, paints images as a
     * stand-in for it.
     *
     * @param home where data is looked for
     * @param listener told about the progress of a download
     * @param notice receives a line for display when stand-ins are made
     * @return training and test images
     * @throws BadFileException if the user named a folder that does not hold it, or files that were found are damaged
     */
    public static ImageSplit load(DataHome home, DownloadListener listener, Consumer<String> notice) {
        return load(home, new Downloader(), MIRRORS, listener, notice);
    }

    static ImageSplit load(
            DataHome home,
            Downloader downloader,
            List<URI> mirrors,
            DownloadListener listener,
            Consumer<String> notice) {
        Optional<Path> named =
                home.find("cifar-10", "data_batch_*.bin and test_batch.bin, or an archive of them", Cifar10::isHere);
        if (named.isPresent()) {
            return read(named.get());
        }
        Path cached = home.cache().resolve("cifar-10");
        Path archive;
        try {
            archive = downloader.fetch(FILE, mirrors, cached, listener);
        } catch (BadFileException failure) {
            notice.accept("CIFAR-10 is neither in " + DataHome.VARIABLE + " nor in " + cached
                    + " and could not be downloaded: found " + failure.found()
                    + "; training on synthetic shapes instead (--data DIR names a folder with the files)");
            return synthetic(SYNTHETIC_SEED);
        }
        return read(archive);
    }

    /**
     * Painted images in the same format, 10,000 for training and 2,000 for testing; see {@link SyntheticShapes}.
     *
     * @param seed the same seed gives the same images everywhere
     * @return training and test images
     */
    public static ImageSplit synthetic(long seed) {
        LabeledImages all = SyntheticShapes.generate(seed, SYNTHETIC_TRAIN + SYNTHETIC_TEST);
        return new ImageSplit(
                all.slice(0, SYNTHETIC_TRAIN),
                all.slice(SYNTHETIC_TRAIN, SYNTHETIC_TRAIN + SYNTHETIC_TEST),
                "synthetic");
    }

    /**
     * Reads CIFAR-10 from a folder of its files, a folder that holds an archive of them, or an archive.
     *
     * @param folderOrArchive where the files are
     * @return training and test images
     * @throws BadFileException if the files are missing or damaged
     */
    public static ImageSplit read(Path folderOrArchive) {
        Map<String, byte[]> files = new TreeMap<>();
        if (!Files.isDirectory(folderOrArchive)) {
            unpack(folderOrArchive, files);
        } else {
            for (Path folder : List.of(folderOrArchive, folderOrArchive.resolve("cifar-10-batches-bin"))) {
                for (Path batch : list(folder, Cifar10::isBatch)) {
                    files.put(batch.getFileName().toString(), content(batch, total(files)));
                }
            }
            List<Path> archives = list(folderOrArchive, Cifar10::isArchive);
            if (files.isEmpty() && !archives.isEmpty()) {
                unpack(archives.getFirst(), files);
            }
        }
        return split(folderOrArchive, files);
    }

    private static long total(Map<String, byte[]> files) {
        return files.values().stream().mapToLong(bytes -> bytes.length).sum();
    }

    private static void unpack(Path archive, Map<String, byte[]> files) {
        TarGz.read(archive, name -> isBatch(fileName(name)), MAX_FILE_BYTES).forEach((name, bytes) -> {
            if (files.put(fileName(name), bytes) != null) {
                throw new BadFileException(
                        archive, "two files called " + fileName(name), "every file once", "pack it again");
            }
        });
    }

    private static ImageSplit split(Path place, Map<String, byte[]> files) {
        byte[] test = files.remove(TEST);
        if (test == null || files.isEmpty()) {
            throw new BadFileException(
                    place,
                    test == null ? "no " + TEST : "no data_batch_*.bin",
                    "the files of CIFAR-10's binary version",
                    "copy the missing file there");
        }
        ByteArrayOutputStream train = new ByteArrayOutputStream();
        files.forEach((name, bytes) -> {
            checkLength(place, name, bytes);
            train.writeBytes(bytes);
        });
        checkLength(place, TEST, test);
        return new ImageSplit(
                images(place, "data_batch_*.bin", train.toByteArray()), images(place, TEST, test), place.toString());
    }

    private static void checkLength(Path place, String name, byte[] bytes) {
        if (bytes.length == 0 || bytes.length % RECORD != 0) {
            throw new BadFileException(
                    place + " (" + name + ")",
                    bytes.length + " bytes",
                    "a multiple of " + RECORD + ", the length of a record",
                    "the file is truncated or of another kind: copy or download it again");
        }
    }

    private static LabeledImages images(Path place, String name, byte[] records) {
        int count = records.length / RECORD;
        byte[] pixels = new byte[count * (RECORD - 1)];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = records[i * RECORD] & 0xff;
            if (labels[i] >= CLASSES.size()) {
                throw new BadFileException(
                        place + " (" + name + ")",
                        "the label " + labels[i] + " at record " + i,
                        "0 to 9",
                        "the file is damaged or of another data set: copy or download it again");
            }
            System.arraycopy(records, i * RECORD + 1, pixels, i * (RECORD - 1), RECORD - 1);
        }
        return new LabeledImages(CHANNELS, SIDE, SIDE, pixels, labels, CLASSES);
    }

    private static byte[] content(Path file, long before) {
        String kind = "a batch of CIFAR-10";
        long bytes = InputLimits.length(file, kind);
        if (bytes + before > MAX_FILE_BYTES) {
            throw new BadFileException(
                    file,
                    bytes + before + " bytes" + (before == 0 ? "" : " with the batches before it"),
                    "at most " + MAX_FILE_BYTES,
                    "check that it is a batch");
        }
        ReadLimits.checkHeap(file, 2 * (bytes + before));
        try {
            return Files.readAllBytes(file);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, kind, failure);
        }
    }

    private static boolean isHere(Path folder) {
        return !list(folder, name -> isBatch(name) || isArchive(name)).isEmpty()
                || !list(folder.resolve("cifar-10-batches-bin"), Cifar10::isBatch)
                        .isEmpty();
    }

    private static boolean isBatch(String name) {
        return name.equals(TEST) || (name.startsWith("data_batch_") && name.endsWith(".bin"));
    }

    private static boolean isArchive(String name) {
        return name.startsWith("cifar-10") && name.endsWith("binary.tar.gz");
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static List<Path> list(Path folder, Predicate<String> wanted) {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                    folder, entry -> wanted.test(entry.getFileName().toString()))) {
                entries.forEach(files::add);
            } catch (DirectoryIteratorException failure) {
                throw BadFileException.unreadable(folder, "a folder of CIFAR-10", failure);
            } catch (IOException failure) {
                throw BadFileException.unreadable(folder, "a folder of CIFAR-10", failure);
            }
        }
        files.sort(null);
        return files;
    }
}
