package dev.lanewise.examples.train;

import java.util.List;
import java.util.Optional;

/** The list of reference models. */
final class ReferenceModels {
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

    /** All names, for a message. */
    static String ids() {
        return String.join(", ", ALL.stream().map(ReferenceModel::id).toList());
    }
}
