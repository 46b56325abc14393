package dev.lanewise.nn.data.image;

import dev.lanewise.nn.io.BadFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The four IDX files of MNIST and of data sets that share its format: images of 28 x 28 in ten classes.
 *
 * @param name what the data set is called in messages
 * @param classes the names of the classes
 */
record IdxImages(String name, List<String> classes) {
    static final int SIDE = 28;
    static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
    static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
    static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
    static final String TEST_LABELS = "t10k-labels-idx1-ubyte";
    private static final List<String> NAMES = List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS);

    /**
     * Reads the four files from a folder.
     *
     * @throws BadFileException if one is missing, damaged or does not fit the others
     */
    ImageSplit read(Path folder) {
        return new ImageSplit(
                read(file(folder, TRAIN_IMAGES), file(folder, TRAIN_LABELS)),
                read(file(folder, TEST_IMAGES), file(folder, TEST_LABELS)),
                folder.toString());
    }

    /** Reads one file of images and the file of their labels. */
    LabeledImages read(Path images, Path labels) {
        Idx pixels = Idx.read(images, 3);
        Idx labelled = Idx.read(labels, 1);
        int[] sizes = pixels.sizes();
        if (sizes[1] != SIDE || sizes[2] != SIDE) {
            throw new BadFileException(
                    images,
                    "images of " + sizes[1] + " x " + sizes[2],
                    SIDE + " x " + SIDE,
                    "check that this is a file of " + name);
        }
        if (sizes[0] != labelled.sizes()[0]) {
            throw new BadFileException(
                    labels,
                    labelled.sizes()[0] + " labels",
                    sizes[0] + ", as many as there are images in " + images.getFileName(),
                    "use the files of one data set together");
        }
        return new LabeledImages(1, SIDE, SIDE, pixels.elements(), labels(labels, labelled.elements()), classes);
    }

    private int[] labels(Path file, byte[] bytes) {
        int[] labels = new int[bytes.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = bytes[i] & 0xff;
            if (labels[i] >= classes.size()) {
                throw new BadFileException(
                        file,
                        "the label " + labels[i] + " at position " + i,
                        "0 to 9",
                        "the file is damaged or of another data set: copy or download it again");
            }
        }
        return labels;
    }

    static boolean holdsAny(Path folder) {
        return NAMES.stream().anyMatch(name -> candidates(folder, name).stream().anyMatch(Files::exists));
    }

    private Path file(Path folder, String wanted) {
        return candidates(folder, wanted).stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new BadFileException(
                        folder,
                        "no " + wanted + " or " + wanted + ".gz",
                        "the four files of " + name,
                        "copy the missing file there"));
    }

    /** The file names in use: as published, unpacked, and unpacked by tools that turn the dash into a dot. */
    private static List<Path> candidates(Path folder, String name) {
        return List.of(
                folder.resolve(name + ".gz"), folder.resolve(name), folder.resolve(name.replace("-idx", ".idx")));
    }
}
