package dev.lanewise.examples.train;

import java.util.List;
import java.util.Optional;

/** The list of reference models. */
public final class ReferenceModels {
    private static final List<ReferenceModel> ALL = List.of(
            new LinearRegression(),
            DigitImages.MLP,
            DigitImages.LENET,
            DigitImages.CNN,
            new CifarImages(),
            new FolderImages(),
            new Texts(),
            new Tables(),
            new Characters());

    private ReferenceModels() {}

    static Optional<ReferenceModel> find(String id) {
        return ALL.stream().filter(model -> model.id().equals(id)).findFirst();
    }

    /** All names, as the command line has them. */
    public static List<String> ids() {
        return ALL.stream().map(ReferenceModel::id).toList();
    }
}
