package dev.lanewise.spark;

import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.SocketRing;
import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfile$;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag$;

/**
 * Trains on Spark's executors, without MPI: each rank is a task, all of them run at the same time, and exchange numbers by a {@link
 * SocketRing}. Spark's barrier mode is used once, for ranks to find each other; a call of it takes a second.
 *
 * <pre>{@code
 * List<Double> losses = SparkTraining.run(spark, 4, ranks -> {
 *     Trainer trainer = new Trainer(model(), new CrossEntropyLoss(), optimizer);   // the same on all ranks
 *     return DataParallel.wrap(trainer, ranks).fit(data(), 10).last().loss();
 * });
 * }</pre>
 *
 * <p>Executors connect to each other at ports that the system chooses. They prove to know a secret that is drawn for each run and
 * sent with the tasks; numbers are not encrypted.
 */
public final class SparkTraining {
    private static final Pattern FAILED_RANK =
            Pattern.compile("barrier task ResultTask\\(\\d+, (\\d+)\\) finished unsuccessfully\\.\\s+([^\\n]*)");
    private static final Pattern EXCEPTION = Pattern.compile("^(?:[\\w.$]+: )+");

    private static final String REMEDY = " again, from the last checkpoint";

    private SparkTraining() {}

    /**
     * What each rank does. It is sent to the executors by Java's serialization, with all that it refers to.
     *
     * @param <T> what it returns
     */
    @FunctionalInterface
    public interface RankTask<T> extends Serializable {
        /**
         * Does the work of one rank.
         *
         * @param ranks connects it to the others; closed afterwards
         * @return what is sent to the driver, serializable, or null
         * @throws Exception if it fails, which ends all ranks
         */
        T run(Communicator ranks) throws Exception;
    }

    /**
     * How long to wait.
     *
     * @param slots until the cluster can run all ranks at the same time, 0 or more
     * @param join until all ranks have found each other
     * @param silence without a sign of life of another rank, at least 3 s
     * @param patience in a call that another rank, which lives, does not come to
     */
    public record Options(Duration slots, Duration join, Duration silence, Duration patience) implements Serializable {
        /**
         * Checks the times.
         *
         * @throws TensorException if the wait for slots is negative, or the others are none of {@link SocketRing.Options}
         */
        public Options {
            new SocketRing.Options(join, silence, patience);
            if (slots.isNegative()) {
                throw new TensorException(
                        "spark training: a wait of " + slots + " for slots (expected 0 or more); check the time");
            }
        }

        /** A minute for executors to come, a minute to find each other, 15 s without a sign of life, 5 minutes in a call. */
        public Options() {
            this(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofSeconds(15), Duration.ofMinutes(5));
        }

        SocketRing.Options ring() {
            return new SocketRing.Options(join, silence, patience);
        }
    }

    /**
     * Runs a task on several ranks, with the usual waits.
     *
     * @param <T> what each rank returns
     * @param spark whose executors run the ranks
     * @param ranks how many; each takes {@code spark.task.cpus} cores
     * @param task what each of them does
     * @return the results by rank
     * @throws TensorException if the cluster can't run so many tasks at the same time, or a rank fails or is lost; the message
     *     names it
     */
    public static <T> List<T> run(SparkSession spark, int ranks, RankTask<T> task) {
        return run(spark, ranks, task, new Options());
    }

    /**
     * Runs a task on several ranks.
     *
     * @param <T> what each rank returns
     * @param spark whose executors run the ranks
     * @param ranks how many; each takes {@code spark.task.cpus} cores
     * @param task what each of them does
     * @param options how long to wait
     * @return the results by rank
     * @throws TensorException if the cluster can't run so many tasks at the same time, or a rank fails or is lost; the message
     *     names it
     */
    public static <T> List<T> run(SparkSession spark, int ranks, RankTask<T> task, Options options) {
        Objects.requireNonNull(task);
        SparkContext context = spark.sparkContext();
        checkSlots(context, ranks, options.slots);
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        List<Integer> numbers = IntStream.range(0, ranks).boxed().toList();
        JavaRDD<T> all = JavaSparkContext.fromSparkContext(context)
                .parallelize(numbers, ranks)
                .rdd()
                .barrier()
                .mapPartitions(new RankBody<>(task, secret, options), false, ClassTag$.MODULE$.<T>apply(Object.class))
                .toJavaRDD();
        try {
            return all.collect();
        } catch (Exception e) { // Spark's are checked ones that its methods don't declare
            throw new TensorException("spark training: " + reason(e), e);
        }
    }

    /** Spark would look for ten minutes, without a word. */
    private static void checkSlots(SparkContext context, int ranks, Duration wait) {
        if (ranks < 1) {
            throw new TensorException("spark training: " + ranks + " ranks (expected 1 or more); check the number");
        }
        if (context.getConf().getBoolean("spark.dynamicAllocation.enabled", false)) {
            throw new TensorException("spark training: executors come and go (expected a fixed number); set"
                    + " spark.dynamicAllocation.enabled to false");
        }
        ResourceProfile profile = ResourceProfile$.MODULE$.getOrCreateDefaultProfile(context.getConf());
        long deadline = System.nanoTime() + wait.toNanos();
        int slots = context.maxNumConcurrentTasks(profile);
        while (slots < ranks && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TensorException("spark training: interrupted while waiting for executors", e);
            }
            slots = context.maxNumConcurrentTasks(profile);
        }
        if (slots < ranks) {
            throw new TensorException("spark training: " + ranks + " ranks for " + slots
                    + " tasks at the same time (expected as many or more: executors times their cores, divided by"
                    + " spark.task.cpus); start more executors, or use fewer ranks");
        }
    }

    private static String reason(Exception e) {
        String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
        Matcher failed = FAILED_RANK.matcher(message);
        String reason = message.lines().findFirst().orElse(message);
        if (failed.find()) {
            // a rank's own message, or that of one which lost another, or Spark's about an executor
            String own = EXCEPTION.matcher(failed.group(2)).replaceFirst("");
            reason = own.startsWith("rank ") ? own : "rank " + failed.group(1) + " failed: " + own;
        }
        return reason.endsWith(REMEDY) ? reason : reason + "; start all ranks" + REMEDY;
    }
}
