package dev.lanewise.nn.data.image;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Fashion-MNIST: 60,000 and 10,000 grey images of clothes, 28 x 28, in MNIST's format.
 *
 * <p>Source: Han Xiao, Kashif Rasul, Roland Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
 * Learning Algorithms" (2017, arXiv:1708.07747); MIT license.
 */
public final class FashionMnist {
    /** The mean of the training pixels from 0 to 1, for normalisation. */
    public static final float MEAN = 0.2860f;

    /** The standard deviation of the training images' pixels, from 0 to 1. */
    public static final float STD = 0.3530f;

    /** The names of the classes. */
    public static final List<String> CLASSES = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    /** The four files as the mirrors hold them. */
    public static final List<RemoteFile> FILES = List.of(
            new RemoteFile(
                    IdxImages.TRAIN_IMAGES + ".gz",
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            new RemoteFile(
                    IdxImages.TRAIN_LABELS + ".gz",
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            new RemoteFile(
                    IdxImages.TEST_IMAGES + ".gz",
                    4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            new RemoteFile(
                    IdxImages.TEST_LABELS + ".gz",
                    5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"));

    /** The public mirrors, tried in this order. */
    public static final List<URI> MIRRORS = List.of(
            URI.create("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
            URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"));

    private static final String FOLDER = "fashion-mnist";
    private static final IdxImages IDX = new IdxImages("Fashion-MNIST", CLASSES);

    private FashionMnist() {}

    /**
     * Finds Fashion-MNIST in the folder the user named, in a folder called {@code fashion-mnist} in
     * {@code LANEWISE_DATA} or in the cache; else downloads it into the cache.
     *
     * @param home where data is looked for
     * @param listener told about the progress of a download
     * @return training and test images
     * @throws BadFileException if the user named a folder that does not hold it, files that were found are damaged, or
     *     it can't be downloaded
     */
    public static ImageSplit load(DataHome home, DownloadListener listener) {
        return load(home, new Downloader(), MIRRORS, listener);
    }

    static ImageSplit load(DataHome home, Downloader downloader, List<URI> mirrors, DownloadListener listener) {
        // the files have the same names as MNIST's: only a named folder counts, or one whose name says what it holds
        Predicate<Path> holds =
                folder -> IdxImages.holdsAny(folder) && (folder.equals(home.explicit()) || folder.endsWith(FOLDER));
        Optional<Path> named = home.find(FOLDER, "the four files of Fashion-MNIST", holds);
        if (named.isPresent()) {
            return read(named.get());
        }
        Path cached = home.cache().resolve(FOLDER);
        for (RemoteFile file : FILES) {
            downloader.fetch(file, mirrors, cached, listener);
        }
        return read(cached);
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
}
