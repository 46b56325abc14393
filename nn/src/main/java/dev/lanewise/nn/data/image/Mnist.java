package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * MNIST: 60,000 and 10,000 grey images of handwritten digits, 28 x 28, in four IDX files, gzipped or plain. Any data
 * set with the same files and format is read as well if its folder is named; {@link FashionMnist} has a class of its
 * own.
 *
 * <p>Source: Yann LeCun, Corinna Cortes, Christopher J. C. Burges, "The MNIST database of handwritten digits".
 */
public final class Mnist {
    /** The rows and columns of an image. */
    public static final int SIDE = IdxImages.SIDE;

    /** The mean of the training pixels from 0 to 1, for normalisation. */
    public static final float MEAN = 0.1307f;

    /** The standard deviation of the training images' pixels, from 0 to 1. */
    public static final float STD = 0.3081f;

    /** The seed of the digits that stand in for the files. */
    public static final long SYNTHETIC_SEED = 42;

    /** The number of digits that stand in for the training images. */
    public static final int SYNTHETIC_TRAIN = 60_000;

    /** The number of those that stand in for the test images. */
    public static final int SYNTHETIC_TEST = 10_000;

    private static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

    private static final IdxImages IDX = new IdxImages("MNIST", CLASSES);

    /** The four files as the mirrors hold them. */
    public static final List<RemoteFile> FILES = List.of(
            new RemoteFile(
                    IdxImages.TRAIN_IMAGES + ".gz",
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            new RemoteFile(
                    IdxImages.TRAIN_LABELS + ".gz",
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            new RemoteFile(
                    IdxImages.TEST_IMAGES + ".gz",
                    1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            new RemoteFile(
                    IdxImages.TEST_LABELS + ".gz",
                    4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"));

    /** The public mirrors, tried in this order. */
    public static final List<URI> MIRRORS = List.of(
            URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"),
            URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/"));

    private Mnist() {}

    /**
     * Finds MNIST in the folder the user named, {@code LANEWISE_DATA} or the cache; else downloads it into the cache;
     * else, after one line to {@code notice} that says so and why, renders digits as a stand-in for it.
     *
     * @param home where data is looked for
     * @param listener told about the progress of a download
     * @param notice receives a line for display when stand-ins are made
     * @return training and test images
     * @throws BadFileException if the user named a folder that does not hold MNIST, or files that were found are
     *     damaged
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
        Optional<Path> named = home.find(
                "mnist", "the four files of MNIST (" + FILES.getFirst().name() + ", ...)", IdxImages::holdsAny);
        if (named.isPresent()) {
            return read(named.get());
        }
        Path cached = home.cache().resolve("mnist");
        try {
            for (RemoteFile file : FILES) {
                downloader.fetch(file, mirrors, cached, listener);
            }
        } catch (BadFileException failure) {
            notice.accept("MNIST is neither in " + DataHome.VARIABLE + " nor in " + cached
                    + " and could not be downloaded: found " + failure.found()
                    + "; training on synthetic digits instead (--data DIR names a folder with the files)");
            return synthetic(SYNTHETIC_SEED);
        }
        return read(cached);
    }

    /**
     * Rendered digits in the same number and format; see {@link SyntheticDigits}.
     *
     * @param seed the same seed gives the same digits everywhere
     * @return training and test images
     */
    public static ImageSplit synthetic(long seed) {
        return synthetic(
                seed,
                IntStream.range(0, SYNTHETIC_TRAIN).toArray(),
                IntStream.range(0, SYNTHETIC_TEST).toArray());
    }

    /**
     * Some of the digits of {@link #synthetic(long)}, without rendering the others.
     *
     * @param seed the same seed gives the same digits everywhere
     * @param train the numbers of the training images, from 0 to below {@link #SYNTHETIC_TRAIN}
     * @param test the numbers of the test images, from 0 to below {@link #SYNTHETIC_TEST}
     * @return those training and test images, in the order in which their numbers are given
     * @throws IndexOutOfBoundsException if there is no image of a number
     */
    public static ImageSplit synthetic(long seed, int[] train, int[] test) {
        return new ImageSplit(
                SyntheticDigits.generate(seed, train.length, i -> Objects.checkIndex(train[i], SYNTHETIC_TRAIN)),
                SyntheticDigits.generate(
                        seed, test.length, i -> SYNTHETIC_TRAIN + Objects.checkIndex(test[i], SYNTHETIC_TEST)),
                "synthetic");
    }

    /**
     * Reads the four files from a folder.
     *
     * @param folder where the files are
     * @return training and test images
     * @throws BadFileException if one is missing, damaged or does not fit the others
     */
    public static ImageSplit read(Path folder) {
        return IDX.read(folder);
    }

    /** Reads one file of images and the file of their labels. */
    static LabeledImages read(Path images, Path labels) {
        return IDX.read(images, labels);
    }
}
