package dev.lanewise.distributed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Ranks as threads of one process, connected by real sockets. */
final class Ranks {
    static final byte[] SECRET = "a secret of tests".getBytes(StandardCharsets.UTF_8);
    static final SocketRing.Options OPTIONS =
            new SocketRing.Options(Duration.ofMinutes(1), Duration.ofSeconds(30), Duration.ofMinutes(2));

    private Ranks() {}

    /** What a rank does. */
    interface Work<T> {
        T run(SocketRing ring) throws Exception;
    }

    static <T> List<T> run(int size, Work<T> work) throws Exception {
        return run(size, OPTIONS, work);
    }

    /** The results of all ranks, in their order; the exception of the first that failed. */
    static <T> List<T> run(int size, SocketRing.Options options, Work<T> work) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> one : start(size, options, work)) {
            try {
                results.add(one.get(3, TimeUnit.MINUTES));
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
        return results;
    }

    /** The messages of all ranks, in their order; empty where nothing was thrown. */
    static <T> List<String> messages(int size, SocketRing.Options options, Work<T> work) throws Exception {
        List<String> messages = new ArrayList<>();
        for (Future<T> one : start(size, options, work)) {
            try {
                one.get(3, TimeUnit.MINUTES);
                messages.add("");
            } catch (ExecutionException e) {
                messages.add(String.valueOf(e.getCause().getMessage()));
            }
        }
        return messages;
    }

    private static <T> List<Future<T>> start(int size, SocketRing.Options options, Work<T> work) throws IOException {
        ServerSocketChannel listening =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        InetSocketAddress master = (InetSocketAddress) listening.getLocalAddress();
        List<Future<T>> ranks = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory())) {
            for (int rank = 0; rank < size; rank++) {
                int own = rank;
                Callable<T> task = () -> {
                    try (SocketRing ring = own == 0
                            ? SocketRing.lead(listening, size, SECRET, options)
                            : SocketRing.join(own, size, master, SECRET, options)) {
                        return work.run(ring);
                    }
                };
                ranks.add(threads.submit(task));
            }
            threads.shutdown();
            return ranks;
        }
    }
}
