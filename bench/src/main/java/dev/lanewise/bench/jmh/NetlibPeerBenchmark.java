package dev.lanewise.bench.jmh;

import dev.ludovic.netlib.blas.BLAS;
import java.lang.reflect.Method;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The product of square matrices by dev.ludovic.netlib:blas. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class NetlibPeerBenchmark {
    /** The size of the matrices. */
    @Param({"32", "128", "512", "1024"})
    public int n;

    /** Loops in Java, or the Vector API. */
    @Param({"Java11BLAS", "VectorBLAS"})
    public String implementation = "";

    private float[] a = {};
    private float[] b = {};
    private float[] c = {};
    private BLAS blas = BLAS.getInstance();

    /**
     * Makes the operands. The library chooses an implementation by itself and lets nobody ask for one: it is taken by name.
     */
    @Setup
    public void operands() throws ReflectiveOperationException {
        Random random = new Random(0);
        a = floats(random);
        b = floats(random);
        c = new float[n * n];
        Method instance =
                Class.forName("dev.ludovic.netlib.blas." + implementation).getDeclaredMethod("getInstance");
        instance.setAccessible(true);
        blas = (BLAS) instance.invoke(null);
    }

    private float[] floats(Random random) {
        float[] values = new float[n * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    /** {@code c = a b}. */
    @Benchmark
    public float[] product() {
        blas.sgemm("N", "N", n, n, n, 1, a, n, b, n, 0, c, n);
        return c;
    }
}
