package dev.lanewise.bench.scaling;

import dev.lanewise.bench.Child;
import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.DataParallel;
import dev.lanewise.distributed.MpiCommunicator;
import dev.lanewise.distributed.SocketRing;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A process that trains for a while, alone or as one of several, and says how fast. */
final class ScalingRank {
    /** The variable with the secret of a ring. */
    static final String SECRET = "LANEWISE_SECRET";

    private static final int BATCHES = 8;
    private static final int CLASSES = 10;
    private static final int ENDLESS = 1_000_000;
    private static final double NANOS = 1e-9;

    private ScalingRank() {}

    /** Which model, its batch of all ranks together, the seconds of warming up and of measuring, and how ranks are connected. */
    public static void main(String[] args) {
        Child.endWithParent();
        ScaledModel model = ScaledModel.valueOf(args[0]);
        Window window = new Window(Double.parseDouble(args[2]), Double.parseDouble(args[3]));
        try (Communicator ranks = connected(args)) {
            print(train(model, Integer.parseInt(args[1]), window, ranks), ranks);
        }
    }

    /** Null for one that trains alone. */
    private static @Nullable Communicator connected(String[] args) {
        return switch (args[4]) {
            case "alone" -> null;
            case "mpi" -> MpiCommunicator.join();
            default -> {
                byte[] secret =
                        Objects.requireNonNullElse(System.getenv(SECRET), "").getBytes(StandardCharsets.UTF_8);
                var master = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[7]));
                yield SocketRing.join(Integer.parseInt(args[5]), Integer.parseInt(args[6]), master, secret);
            }
        };
    }

    private static Map<String, Object> train(
            ScaledModel model, int batch, Window window, @Nullable Communicator ranks) {
        Rng.global().seed(0);
        int samples = BATCHES * batch;
        Tensor images = Rng.global()
                .randn(
                        DType.F32,
                        Shape.of(samples).concat(Shape.of(model.image)).toArray());
        Tensor classes = Tensor.arange(samples).remainder(CLASSES);
        DataLoader data = new DataLoader(new TensorDataset(images, classes), batch, true, 0);
        Layer network = model.network.get();
        Trainer trainer = new Trainer(network, new CrossEntropyLoss(), model.optimizer.apply(network.parameters()))
                .callbacks(window)
                .stopWhen(window::isOver);
        Map<String, Object> fields = new LinkedHashMap<>();
        if (ranks == null) {
            trainer.fit(data, ENDLESS);
        } else {
            DataParallel all = DataParallel.wrap(trainer, ranks);
            all.fit(data, ENDLESS);
            fields.put("communication_share", all.communicationSeconds() / window.total());
            fields.put("waited_share", all.waitedSeconds() / window.total());
        }
        fields.put("samples_per_s", window.samplesPerSecond());
        return fields;
    }

    private static void print(Map<String, Object> fields, @Nullable Communicator ranks) {
        if (ranks == null || ranks.rank() == 0) {
            System.out.println(JsonLine.of(fields));
        }
    }

    /** The steps that are measured: those of some seconds, after the JVM has compiled what they run. */
    private static final class Window implements Callback {
        private final long begun = System.nanoTime();
        private final double warmUp;
        private final double end;
        private double first = Double.NaN;
        private double last;
        private long samples;

        Window(double warmUp, double measured) {
            this.warmUp = warmUp;
            this.end = warmUp + measured;
        }

        double total() {
            return (System.nanoTime() - begun) * NANOS;
        }

        boolean isOver() {
            return total() > end;
        }

        @Override
        public void onStep(Training training, StepFigures figures) {
            double now = total();
            if (Double.isNaN(first)) {
                first = now > warmUp ? now : Double.NaN;
            } else {
                samples += figures.size();
                last = now;
            }
        }

        double samplesPerSecond() {
            if (samples == 0) {
                throw new TensorException(
                        "bench scaling: no step ended in the measured time (expected several); give more --seconds");
            }
            return samples / (last - first);
        }
    }
}
