package dev.lanewise.examples.train;

import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.DataParallel;
import dev.lanewise.distributed.DataParallel.BatchNormStatistics;
import dev.lanewise.distributed.MpiCommunicator;
import dev.lanewise.distributed.NcclCommunicator;
import dev.lanewise.distributed.SocketRing;
import dev.lanewise.tensor.Device;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that let several processes train together. */
final class DistributedOptions {
    /** The variable that holds the secret of ranks that are started by hand. */
    static final String SECRET = "LANEWISE_SECRET";

    /** What connects the processes. */
    enum Engine {
        /** Java's sockets. */
        RING,
        /** The MPI of this machine. */
        MPI,
        /** NCCL, between GPUs; sockets besides. */
        NCCL
    }

    @Option(
            names = "--distributed",
            paramLabel = "ENGINE",
            description = "Train with several processes: ring (connected by sockets), mpi (started by mpirun), or nccl"
                    + " (as ring, with a GPU for each).")
    private @Nullable Engine engine;

    @Option(
            names = "--ranks",
            paramLabel = "N",
            description =
                    "With ring and nccl: how many processes. Without --rank, all are started here, and the cores and"
                            + " GPUs are shared out.")
    private @Nullable Integer ranks;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description =
                    "Which of them this is, from 0; each is started by hand, with the same secret of 16 letters or"
                            + " more in " + SECRET + ".")
    private @Nullable Integer rank;

    @Option(names = "--master", paramLabel = "HOST:PORT", description = "With --rank: where rank 0 listens.")
    private @Nullable String master;

    @Option(
            names = "--batch-norm",
            paramLabel = "WHICH",
            description = "Running statistics: averaged over the processes (default), or local to the first.")
    private BatchNormStatistics batchNorm = BatchNormStatistics.AVERAGED;

    @Option(
            names = "--shard-optimizer",
            description = "Each process keeps the optimizer's state of its share of the parameters (ZeRO 1).")
    private boolean shardOptimizer;

    /**
     * Connects the processes, starting them if they are local. Called before a backend is made.
     *
     * @return the processes, or null if this one trains alone
     */
    @Nullable
    Processes connect(CommandSpec spec) {
        if (engine == null) {
            if (ranks != null || rank != null || master != null || shardOptimizer) {
                throw usage(spec, "--ranks, --rank, --master and --shard-optimizer need --distributed");
            }
            return null;
        }
        DataParallel.Options options = new DataParallel.Options(batchNorm, shardOptimizer, 1 << 20);
        return engine == Engine.MPI ? mpi(spec, options) : ring(spec, options);
    }

    /** Does something with the processes, whose GPUs are connected meanwhile if that is what is asked for. */
    void together(@Nullable Processes processes, Device device, Consumer<@Nullable Processes> work) {
        if (processes == null || engine != Engine.NCCL) {
            work.accept(processes);
            return;
        }
        try (NcclCommunicator gpus = NcclCommunicator.over(processes.communicator(), device)) {
            work.accept(Processes.of(gpus, processes.options()));
        }
    }

    private Processes mpi(CommandSpec spec, DataParallel.Options options) {
        if (ranks != null || rank != null || master != null) {
            throw usage(
                    spec,
                    "--ranks, --rank and --master with --distributed mpi (expected none: mpirun says how many"
                            + " and which)");
        }
        MpiCommunicator communicator = MpiCommunicator.join();
        Cores.shareOut(communicator.localSize());
        // what mpirun says of processes can be read only with this
        spec.commandLine()
                .getErr()
                .println("lanewise: rank " + communicator.rank() + " of " + communicator.size() + " is process "
                        + ProcessHandle.current().pid() + ", " + communicator.version());
        return Processes.of(communicator, options);
    }

    private Processes ring(CommandSpec spec, DataParallel.Options options) {
        if (ranks == null || ranks < 1 || ranks > 1024) {
            throw usage(
                    spec,
                    "--distributed " + (engine == Engine.NCCL ? "nccl " : "ring ")
                            + (ranks == null ? "without --ranks" : "--ranks " + ranks) + " (expected 1 to 1024)");
        }
        if (engine == Engine.NCCL) {
            requireGpu(Device.cuda(rank == null ? ranks - 1 : 0));
        }
        if (rank == null) {
            if (master != null) {
                throw usage(spec, "--master without --rank (expected both, or neither to start all processes here)");
            }
            return LocalRanks.start(spec, ranks, options, engine == Engine.NCCL);
        }
        if (rank < 0 || rank >= ranks) {
            throw usage(spec, "--rank " + rank + " of " + ranks + " (expected 0 to " + (ranks - 1) + ")");
        }
        return Processes.of(SocketRing.join(rank, ranks, address(spec), secret(spec)), options);
    }

    /** Before processes are started; makes nothing on a GPU that another process is to have. */
    private static void requireGpu(Device device) {
        if (!Device.available().contains(device)) {
            device.requireAvailable();
        }
    }

    private InetSocketAddress address(CommandSpec spec) {
        int colon = master == null ? -1 : master.lastIndexOf(':');
        String port = master == null ? "" : master.substring(colon + 1);
        if (master == null || colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xFFFF) {
            throw usage(
                    spec,
                    (master == null ? "--rank without --master" : "--master " + master)
                            + " (expected HOST:PORT, where rank 0 listens)");
        }
        return new InetSocketAddress(master.substring(0, colon).replaceAll("^\\[|]$", ""), Integer.parseInt(port));
    }

    private static byte[] secret(CommandSpec spec) {
        String secret = System.getenv(SECRET);
        if (secret == null || secret.length() < SocketRing.LEAST_SECRET) {
            throw usage(
                    spec,
                    SECRET + " has " + (secret == null ? "nothing" : secret.length() + " letters") + " (expected "
                            + SocketRing.LEAST_SECRET + " or more, the same for all ranks)");
        }
        return secret.getBytes(StandardCharsets.UTF_8);
    }

    private static ParameterException usage(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** The processes that train together, as one of them sees them. */
    interface Processes extends AutoCloseable {
        /** Connects them. */
        Communicator communicator();

        /** How they train. */
        DataParallel.Options options();

        /** Whether this one reports. */
        default boolean isFirst() {
            return communicator().rank() == 0;
        }

        @Override
        default void close() {
            communicator().close();
        }

        static Processes of(Communicator communicator, DataParallel.Options options) {
            return new Processes() {
                @Override
                public Communicator communicator() {
                    return communicator;
                }

                @Override
                public DataParallel.Options options() {
                    return options;
                }
            };
        }
    }
}
