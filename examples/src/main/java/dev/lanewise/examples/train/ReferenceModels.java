package dev.lanewise.examples.train;

import dev.lanewise.examples.train.image.CifarImages;
import dev.lanewise.examples.train.image.DigitImages;
import dev.lanewise.examples.train.image.FolderImages;
import dev.lanewise.examples.train.recommend.Recommender;
import dev.lanewise.examples.train.segment.Segmenter;
import dev.lanewise.examples.train.table.LinearRegression;
import dev.lanewise.examples.train.table.Tables;
import dev.lanewise.examples.train.text.Characters;
import dev.lanewise.examples.train.text.Texts;
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
            new Characters(),
            new Recommender(),
            new Segmenter());

    private ReferenceModels() {}

    /** The model of a name. */
    public static Optional<ReferenceModel> find(String id) {
        return ALL.stream().filter(model -> model.id().equals(id)).findFirst();
    }

    /** All names, as the command line has them. */
    public static List<String> ids() {
        return ALL.stream().map(ReferenceModel::id).toList();
    }
}
