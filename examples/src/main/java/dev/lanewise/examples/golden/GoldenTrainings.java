package dev.lanewise.examples.golden;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.testkit.golden.GoldenTrainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** The models and optimizers of the reference training runs, as defined in {@code generate.py}. */
final class GoldenTrainings {
    private static final Rng RNG = new Rng(0);

    private GoldenTrainings() {}

    static Map<String, GoldenTrainer> trainers() {
        return Map.of(
                "train_mlp_sgd", run(Mlp::new, p -> new Sgd(p, 0.1, Sgd.Options.momentum(0.9))),
                "train_cnn_adam", run(Cnn::new, p -> new Adam(p, 1e-3)),
                "train_residual_sgd", run(ResidualNet::new, p -> new Sgd(p, 0.05, new Sgd.Options(0.9, 0, 5e-4, true))),
                "train_text_adamw", run(Text::new, p -> new Adam(p, 1e-2, Adam.Options.adamW())));
    }

    private static GoldenTrainer run(Supplier<Layer> build, Function<List<Parameter>, Optimizer> optimizer) {
        return (initial, x, y) -> {
            Layer model = build.get();
            model.to(x.device());
            model.loadStateDict(initial);
            Optimizer trained = optimizer.apply(model.parameters());
            List<Double> losses = new ArrayList<>();
            for (long step = 0; step < x.shape().size(0); step++) {
                try (var ignored = Scope.open("step")) {
                    Tensor loss = model.forward(x.select(0, step)).crossEntropy(y.select(0, step));
                    losses.add(loss.item());
                    trained.step(Autograd.gradients(loss));
                }
            }
            return new GoldenTrainer.Outcome(losses, model.stateDict());
        };
    }

    private static Conv2d conv(long in, long out, int kernel, int stride, int padding, boolean bias) {
        return new Conv2d(in, out, Window.of(kernel).stride(stride).padding(padding), 1, bias, RNG);
    }

    private static final class Mlp extends Layer {
        private final Linear fc1 = child("fc1", new Linear(784, 100));
        private final Linear fc2 = child("fc2", new Linear(100, 10));

        @Override
        protected Tensor compute(Tensor x) {
            return fc2.forward(fc1.forward(x.flatten(1)).relu());
        }
    }

    private static final class Cnn extends Layer {
        private static final Window POOL = Window.of(2);
        private final Conv2d conv1 = child("conv1", conv(1, 8, 5, 1, 2, true));
        private final Conv2d conv2 = child("conv2", conv(8, 16, 3, 1, 1, true));
        private final BatchNorm bn = child("bn", new BatchNorm(16));
        private final Linear fc = child("fc", new Linear(16 * 7 * 7, 10));

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = conv1.forward(x).relu().maxPool2d(POOL);
            Tensor z = bn.forward(conv2.forward(y)).relu().maxPool2d(POOL);
            return fc.forward(z.flatten(1));
        }
    }

    private static final class ResidualNet extends Layer {
        private final Conv2d stem = child("stem", conv(3, 8, 3, 1, 1, false));
        private final BatchNorm bn0 = child("bn0", new BatchNorm(8));
        private final Conv2d conv1 = child("conv1", conv(8, 16, 3, 2, 1, false));
        private final BatchNorm bn1 = child("bn1", new BatchNorm(16));
        private final Conv2d conv2 = child("conv2", conv(16, 16, 3, 1, 1, false));
        private final BatchNorm bn2 = child("bn2", new BatchNorm(16));
        private final Conv2d down = child("down", conv(8, 16, 1, 2, 0, false));
        private final BatchNorm bn3 = child("bn3", new BatchNorm(16));
        private final Linear fc = child("fc", new Linear(16, 10));

        @Override
        protected Tensor compute(Tensor x) {
            Tensor y = bn0.forward(stem.forward(x)).relu();
            Tensor body =
                    bn2.forward(conv2.forward(bn1.forward(conv1.forward(y)).relu()));
            return fc.forward(body.add(bn3.forward(down.forward(y))).relu().mean(2, 3));
        }
    }

    private static final class Text extends Layer {
        private final Embedding embedding = child("embedding", new Embedding(50, 16));
        private final Linear fc1 = child("fc1", new Linear(16, 32));
        private final Linear fc2 = child("fc2", new Linear(32, 4));

        @Override
        protected Tensor compute(Tensor x) {
            return fc2.forward(fc1.forward(embedding.forward(x).mean(1)).relu());
        }
    }
}
