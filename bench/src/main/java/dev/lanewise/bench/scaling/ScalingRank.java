package dev.lanewise.bench.scaling;

import dev.lanewise.bench.Child;
import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.DataParallel;
import dev.lanewise.distributed.MpiCommunicator;
import dev.lanewise.distributed.SocketRing;
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
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A process of a {@link Team}: trains, alone or as one of several, as many steps as it is told, and says how long they took. */
final class ScalingRank {
    /** The variable with the secret of a ring. */
    static final String SECRET = "LANEWISE_SECRET";

    private static final int BATCHES = 8;
    private static final int CLASSES = 10;
    private static final int ENDLESS = 1_000_000;
    private static final double NANOS = 1e-9;

    private ScalingRank() {}

    /**
     * Which model, its batch of all ranks together, how ranks are connected, the port that says how many steps, the number
     * of ranks; for a ring also this one's rank and the ring's port.
     */
    public static void main(String[] args) throws IOException {
        Child.endWithParent();
        ScaledModel model = ScaledModel.valueOf(args[0]);
        try (Socket control = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[3]));
                Communicator ranks = connected(args)) {
            train(model, Integer.parseInt(args[1]), new Orders(control), ranks);
        }
    }

    /** Null for one that trains alone. */
    private static @Nullable Communicator connected(String[] args) {
        return switch (Team.Connection.valueOf(args[2])) {
            case ALONE -> null;
            case MPI -> MpiCommunicator.join();
            case RING -> {
                byte[] secret =
                        Objects.requireNonNullElse(System.getenv(SECRET), "").getBytes(StandardCharsets.UTF_8);
                var master = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[6]));
                yield SocketRing.join(Integer.parseInt(args[5]), Integer.parseInt(args[4]), master, secret);
            }
        };
    }

    private static void train(ScaledModel model, int batch, Orders orders, @Nullable Communicator ranks) {
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
                .callbacks(orders)
                .stopWhen(orders::areOver);
        if (ranks == null) {
            orders.begin(null);
            trainer.fit(data, ENDLESS);
        } else {
            DataParallel all = DataParallel.wrap(trainer, ranks);
            orders.begin(all);
            all.fit(data, ENDLESS);
        }
    }

    /** Takes the number of steps of a round and answers, after them, the seconds in all, in communication and of waiting. */
    private static final class Orders implements Callback {
        private final BufferedReader in;
        private final PrintWriter out;
        private @Nullable DataParallel all;
        private long left;
        private long begun;
        private double communicated;
        private double waited;
        private boolean over;

        Orders(Socket control) throws IOException {
            in = new BufferedReader(new InputStreamReader(control.getInputStream(), StandardCharsets.UTF_8));
            out = new PrintWriter(control.getOutputStream(), true, StandardCharsets.UTF_8);
        }

        void begin(@Nullable DataParallel together) {
            all = together;
            next();
        }

        boolean areOver() {
            return over;
        }

        @Override
        public void onStep(Training training, StepFigures figures) {
            if (--left == 0) {
                double seconds = (System.nanoTime() - begun) * NANOS;
                double communicatedNow = all == null ? 0 : all.communicationSeconds();
                double waitedNow = all == null ? 0 : all.waitedSeconds();
                out.println(seconds + " " + (communicatedNow - communicated) + " " + (waitedNow - waited));
                communicated = communicatedNow;
                waited = waitedNow;
                next();
            }
        }

        private void next() {
            try {
                String line = in.readLine();
                over = line == null;
                left = line == null ? 0 : Long.parseLong(line);
                begun = System.nanoTime();
            } catch (IOException e) {
                throw new UncheckedIOException("bench scaling: " + e.getMessage(), e);
            }
        }
    }
}
