package dev.lanewise.examples.train;

import dev.lanewise.examples.models.MnistModels;
import dev.lanewise.nn.Module;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/** The models that {@code lanewise train} knows, with their defaults. */
enum ReferenceModel {
    MNIST_MLP("mnist-mlp", MnistModels::mlp, 10, 128, OptimizerKind.SGD, 0.1),
    MNIST_LENET("mnist-lenet", MnistModels::lenet5, 3, 64, OptimizerKind.ADAM, 2e-3);

    final String id;
    final Supplier<Module> build;
    final int epochs;
    final int batch;
    final OptimizerKind optimizer;
    final double rate;

    ReferenceModel(
            String id, Supplier<Module> build, int epochs, int batch, OptimizerKind optimizer, double rate) {
        this.id = id;
        this.build = build;
        this.epochs = epochs;
        this.batch = batch;
        this.optimizer = optimizer;
        this.rate = rate;
    }

    static Optional<ReferenceModel> find(String id) {
        return Arrays.stream(values()).filter(model -> model.id.equals(id)).findFirst();
    }

    static String ids() {
        return String.join(", ", Arrays.stream(values()).map(model -> model.id).toList());
    }
}
