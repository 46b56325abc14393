package dev.lanewise.spark;

import dev.lanewise.distributed.CommunicationException;
import dev.lanewise.distributed.SocketRing;
import dev.lanewise.spark.SparkTraining.Options;
import dev.lanewise.spark.SparkTraining.RankTask;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Collections;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * What Spark runs as a rank: finds the others, does the work, and tells them if it fails.
 *
 * @param <T> what the work returns
 */
final class RankBody<T> extends AbstractFunction1<Iterator<Integer>, Iterator<T>> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final RankTask<T> task;
    private final byte[] secret;
    private final Options options;

    RankBody(RankTask<T> task, byte[] secret, Options options) {
        this.task = task;
        this.secret = secret;
        this.options = options;
    }

    @Override
    public Iterator<T> apply(Iterator<Integer> numbers) {
        BarrierTaskContext context = BarrierTaskContext.get();
        TaskThreads.set(context);
        String host = host(context.getTaskInfos()[0].address());
        try (ServerSocketChannel listening = ServerSocketChannel.open()) {
            if (context.partitionId() == 0) {
                listening.bind(new InetSocketAddress(host, 0));
            }
            Places places = Places.of(context.allGather(Places.own(listening)));
            try {
                return CollectionConverters.asScala(Collections.singletonList(joined(context, listening, host, places))
                        .iterator());
            } catch (CommunicationException e) {
                throw new TensorException(places.named(Objects.requireNonNullElse(e.getMessage(), "lost")), e);
            }
        } catch (IOException e) {
            throw new TensorException(
                    "rank " + context.partitionId() + " can't listen at " + host + ": " + e.getMessage()
                            + " (expected an address of this host); check SPARK_LOCAL_IP",
                    e);
        }
    }

    private T joined(BarrierTaskContext context, ServerSocketChannel listening, String host, Places places)
            throws IOException {
        int rank = context.partitionId();
        int size = context.numPartitions();
        try (SocketRing ring = rank == 0
                ? SocketRing.lead(listening, size, secret, options.ring())
                : SocketRing.join(rank, size, new InetSocketAddress(host, places.port()), secret, options.ring())) {
            Thread watch = Thread.ofVirtual().start(() -> abortWhenCancelled(context, ring));
            try {
                return task.run(ring);
            } catch (CommunicationException e) {
                throw e;
            } catch (Exception | Error e) {
                String reason = Objects.requireNonNullElse(e.getMessage(), e.toString());
                ring.abort(reason);
                throw new TensorException(places.named("rank " + rank + " failed: " + reason), e);
            } finally {
                watch.interrupt();
            }
        }
    }

    /** A rank that waits for others does not notice by itself. */
    private static void abortWhenCancelled(BarrierTaskContext context, SocketRing ring) {
        try {
            while (!context.isInterrupted()) {
                TimeUnit.MILLISECONDS.sleep(500);
            }
            ring.abort("Spark cancelled its task");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Of the address of an executor, {@code host:port}. */
    private static String host(String address) {
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? address : address.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** The executor of this process, for messages. */
    static String executor() {
        SparkEnv env = SparkEnv.get();
        return "executor " + env.executorId() + " on "
                + env.blockManager().blockManagerId().host();
    }
}
