package dev.lanewise.examples.serve;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.ReferenceModels;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.ServingModel;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.serve.ModelLoader;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Serves what {@code lanewise train --save FILE} wrote: the file, whatever its name, and its card next to it. */
final class SavedModelLoader implements ModelLoader {
    private static final String KIND = "what 'lanewise train --save FILE' wrote: FILE and FILE.json";

    @Override
    public boolean accepts(Path folder) {
        return !saved(folder).isEmpty();
    }

    @Override
    public Servable load(Path folder) {
        List<Path> saved = saved(folder);
        if (saved.size() != 1) {
            throw new BadFileException(folder, saved.size() + " of them", KIND, "keep one, and the others elsewhere");
        }
        Path weights = saved.getFirst();
        Card card = Card.read(weights);
        ReferenceModel reference = ReferenceModels.find(card.model())
                .orElseThrow(() -> new BadFileException(
                        weights,
                        "the unknown model '" + card.model() + "'",
                        "one of " + String.join(", ", ReferenceModels.ids()),
                        "serve it with the version that wrote it"));
        Layer network = reference.restored(card, weights);
        return Servable.of(new ServingModel(network), signature(reference, card, network));
    }

    /** The files that have a card next to them. */
    private static List<Path> saved(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> Files.isRegularFile(file)
                            && Files.isRegularFile(file.resolveSibling(file.getFileName() + Card.SUFFIX)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw BadFileException.unreadable(folder, KIND, e);
        }
    }

    private static Signature signature(ReferenceModel reference, Card card, Layer network) {
        try (Scope ignored = Scope.open("signature")) {
            Tensor input = reference.example(card);
            Tensor output = Autograd.noGrad(() -> network.forward(input));
            Set<Integer> open = reference.openAxes().keySet();
            return new Signature(
                    List.of(info("input", input, open)),
                    // an output that has more than rows and classes follows the input's open sizes
                    List.of(info("output", output, output.shape().rank() > 2 ? open : Set.of(0))));
        }
    }

    private static TensorInfo info(String name, Tensor tensor, Set<Integer> open) {
        List<Long> sizes = new ArrayList<>();
        for (int dim = 0; dim < tensor.shape().rank(); dim++) {
            sizes.add(open.contains(dim) ? TensorInfo.OPEN : tensor.shape().size(dim));
        }
        return new TensorInfo(name, tensor.dtype(), sizes);
    }
}
