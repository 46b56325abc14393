package dev.lanewise.cpu.plan;

import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The plans made so far, of all operations, so that sizes that come again find theirs and the memory it works in.
 *
 * <p>At most twice {@value #GENERATION} are kept. They are held in two generations: a full young one becomes the old one,
 * whose plans are dropped unless they have been asked for again when the next is full. So a service that meets new sizes
 * forever keeps the plans that it uses. All are for one number of threads: when that changes they are made anew.
 */
public final class Plans {
    private static final int GENERATION = 1024;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle run = Apart.of(
            MethodHandles.lookup(),
            Kernel.class,
            "run",
            MethodType.methodType(void.class, long.class, long.class, long.class, long.class));

    private static volatile Plans current = new Plans(Workers.threads(), GENERATION);

    static {
        // prepares the call of the handle while there is stack to spare
        run((first, second, third, out) -> {}, 0, 0, 0, 0);
    }

    private final int threads;
    private final int generation;
    private final ReentrantLock planning = new ReentrantLock();
    private volatile ConcurrentHashMap<Problem, Kernel> young = new ConcurrentHashMap<>();
    private volatile ConcurrentHashMap<Problem, Kernel> old = new ConcurrentHashMap<>();

    /** An empty cache of plans for so many threads, in generations of so many. */
    Plans(int threads, int generation) {
        this.threads = threads;
        this.generation = generation;
    }

    /** Runs the plan for a problem, made at the first call; parameters as of {@link Kernel#run}. */
    public static void run(Problem problem, long first, long second, long third, long out) {
        run(of(problem), first, second, third, out);
    }

    /** Runs a plan as a method of its own, which C2 does not inline in its caller; parameters as of {@link Kernel#run}. */
    public static void run(Kernel kernel, long first, long second, long third, long out) {
        try {
            run.invokeExact(kernel, first, second, third, out);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** The plan for a problem, made at the first call. */
    public static Kernel of(Problem problem) {
        Plans plans = current;
        int threads = Workers.threads();
        if (plans.threads != threads) {
            plans = new Plans(threads, GENERATION);
            current = plans;
        }
        return plans.get(problem);
    }

    /** The plan for a problem; of threads that ask at once all get the same. */
    Kernel get(Problem problem) {
        Kernel kernel = young.get(problem);
        return kernel == null ? older(problem) : kernel;
    }

    private Kernel older(Problem problem) {
        planning.lock();
        try {
            // another thread may have planned it meanwhile
            Kernel known = young.get(problem);
            if (known != null) {
                return known;
            }
            Kernel aged = old.get(problem);
            Kernel kernel = aged == null ? problem.plan(threads) : aged;
            if (young.size() >= generation) {
                old = young;
                young = new ConcurrentHashMap<>();
            }
            young.put(problem, kernel);
            return kernel;
        } finally {
            planning.unlock();
        }
    }

    /** How many plans of all operations are kept. */
    static int kept() {
        return current.size();
    }

    int size() {
        return young.size() + old.size();
    }
}
