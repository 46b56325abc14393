package dev.lanewise.examples.train;

import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.DataParallel;
import dev.lanewise.distributed.SocketRing;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Processes on this machine: this one is rank 0, and starts the others with its own arguments. */
final class LocalRanks implements DistributedOptions.Processes {
    private static final long MOST_SECONDS = 30;
    private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

    private final List<Child> children = new ArrayList<>();
    private final CommandSpec spec;
    private final DataParallel.Options options;
    private final boolean gpus;
    private final Communicator communicator;

    private LocalRanks(CommandSpec spec, int ranks, DataParallel.Options options, boolean gpus) throws IOException {
        this.spec = spec;
        this.options = options;
        this.gpus = gpus;
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / ranks);
        System.setProperty("lanewise.threads", Integer.toString(threads));
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String secret = HexFormat.of().formatHex(random);
        ServerSocketChannel listening =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listening.getLocalAddress()).getPort();
        try {
            for (int rank = 1; rank < ranks; rank++) {
                children.add(new Child(rank, start(rank, port, threads, secret)));
            }
            communicator = SocketRing.lead(
                    listening, ranks, secret.getBytes(StandardCharsets.UTF_8), new SocketRing.Options());
        } catch (IOException | RuntimeException e) {
            end(0);
            throw e;
        }
    }

    /** Starts all ranks but this one; with {@code gpus}, each sees one GPU, which this one leaves to it. */
    static LocalRanks start(CommandSpec spec, int ranks, DataParallel.Options options, boolean gpus) {
        try {
            return new LocalRanks(spec, ranks, options, gpus);
        } catch (IOException e) {
            throw new UncheckedIOException("train: the other processes can't be started: " + e.getMessage(), e);
        }
    }

    private Process start(int rank, int port, int threads, String secret) throws IOException {
        String classes = System.getProperty("java.class.path", "");
        if (classes.isEmpty()) {
            throw new TensorException("train: processes can be started only from the class path (expected -cp); start"
                    + " each by hand with --rank");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // an agent would be there twice, at one port
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agent") && !flag.startsWith("-javaagent"))
                .forEach(command::add);
        command.addAll(List.of("-Dlanewise.threads=" + threads, "-cp", classes, "dev.lanewise.examples.Main"));
        command.addAll(spec.root().commandLine().getParseResult().originalArgs());
        command.addAll(List.of("--rank", Integer.toString(rank), "--master", "127.0.0.1:" + port));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        // not an argument: those can be read by all users
        builder.environment().put(DistributedOptions.SECRET, secret);
        if (gpus) {
            builder.environment().put(VISIBLE, visible(System.getenv(VISIBLE), rank));
        }
        return builder.start();
    }

    /** The GPU that a rank is to see, of those that this process sees: all, or a list of numbers or names. */
    static String visible(@Nullable String mine, int rank) {
        if (mine == null || mine.isBlank()) {
            return Integer.toString(rank);
        }
        return mine.split(",", -1)[rank].strip();
    }

    @Override
    public Communicator communicator() {
        return communicator;
    }

    @Override
    public DataParallel.Options options() {
        return options;
    }

    @Override
    public void close() {
        communicator.close();
        if (end(MOST_SECONDS) > 0) {
            throw new TensorException("train: not all processes ended well (expected exit code 0); see above");
        }
    }

    /** Waits for the others, ends those that don't, and tells of each that failed; returns how many did. */
    private int end(long seconds) {
        int failed = 0;
        for (Child child : children) {
            int code = child.end(seconds);
            if (code != 0) {
                failed++;
                spec.commandLine()
                        .getErr()
                        .println("lanewise: rank " + child.rank + ": exit code " + code + ": " + child.last);
            }
        }
        return failed;
    }

    /** A process whose last line of errors is kept. */
    private static final class Child {
        private static final int MOST_BYTES = 2000;

        private final int rank;
        private final Process process;
        private final Thread reader;
        private volatile String last = "";

        Child(int rank, Process process) {
            this.rank = rank;
            this.process = process;
            reader = Thread.ofVirtual().start(this::read);
        }

        private void read() {
            byte[] line = new byte[MOST_BYTES];
            int length = 0;
            boolean ended = false;
            try (InputStream in = process.getErrorStream()) {
                byte[] some = new byte[8192];
                for (int count = in.read(some); count >= 0; count = in.read(some)) {
                    for (int i = 0; i < count; i++) {
                        // the line stays until another one begins
                        length = ended ? 0 : length;
                        ended = some[i] == '\n';
                        if (!ended && length < MOST_BYTES) {
                            line[length++] = some[i];
                        }
                    }
                    last = new String(line, 0, length, StandardCharsets.UTF_8);
                }
            } catch (IOException e) {
                return;
            }
        }

        int end(long seconds) {
            try {
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
                reader.join(Duration.ofSeconds(5));
                return process.waitFor();
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                return -1;
            }
        }
    }
}
