package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The suite that every backend must pass. A backend's tests extend this class, with the backend and
 * {@code lanewise-testkit} on the class path:
 *
 * <pre>{@code
 * final class MyBackendConformanceTest extends BackendConformance {
 *     MyBackendConformanceTest() {
 *         super(Device.CPU);
 *     }
 * }
 * }</pre>
 *
 * <p>The tests come from the catalogue of operations; an operation that is added there is tested automatically.
 */
@SuppressWarnings("exports") // of JUnit, which whoever extends it has anyway
public abstract class BackendConformance {
    private final Device device;

    /**
     * The suite for the backend of a device.
     *
     * @param device where the operations run
     */
    protected BackendConformance(Device device) {
        this.device = device;
    }

    /**
     * Splits work over the given number of threads from now on. A backend without threads of its own need not override
     * this.
     *
     * @param threads 1, 2 or 5
     */
    protected void useThreads(int threads) {}

    /**
     * {@return whether an operation is tried on a type} A backend whose tests take long may leave some to a longer run.
     *
     * @param op the operation
     * @param dtype the type of its operands, or of its result where it has none
     */
    protected boolean includes(Op op, DType dtype) {
        return true;
    }

    /**
     * {@return whether an operation that is tried on a type is tried on operands in a layout, too} A backend whose tests take
     * long may leave some to a longer run.
     *
     * @param op the operation
     * @param dtype the type of its operands
     * @param layout where their elements lie
     */
    protected boolean includes(Op op, DType dtype, Layout layout) {
        return true;
    }

    /** {@return how many hostile calls of a tensor's methods are tried} Fuzzing tries as many as time allows. */
    protected int hostileCalls() {
        return 1000;
    }

    /** {@return how often an operation with an absurd attribute is computed} 1, 2, 3, 4, 6 or 12. */
    protected int hostileRounds() {
        return 4;
    }

    @Test
    final void everyOperationHasSamples() {
        Assertions.assertThat(OpCatalogue.missing()).isEmpty();
    }

    @TestFactory
    final Stream<DynamicNode> agreesWithTheOracle() {
        return new OracleChecks(device, this::includes).ordinary(this::includes);
    }

    @TestFactory
    final Stream<DynamicNode> agreesWithTheOracleAtTheExtremes() {
        return new OracleChecks(device, this::includes).extremes();
    }

    @TestFactory
    final Stream<DynamicNode> withstandsHostileCases() {
        return new HostileCases(device, this::includes, hostileCalls()).all();
    }

    @TestFactory
    final Stream<DynamicNode> rejectsWhatDoesNotFit() {
        return new ErrorChecks(device).all();
    }

    @TestFactory
    final Stream<DynamicNode> survivesWhatNobodyMeans() {
        return new HostileChecks(device, this::includes, hostileRounds()).all();
    }

    @TestFactory
    final Stream<DynamicNode> sameBitsForAnyNumberOfThreads() {
        return new ThreadChecks(device, this::includes, this::useThreads).all();
    }

    @TestFactory
    final Stream<DynamicNode> gradientsAgreeWithFiniteDifferences() {
        return new GradientChecks(device, this::includes).all();
    }

    @TestFactory
    final Stream<DynamicNode> assignsToViews() {
        return new MemoryChecks(device).assignments();
    }

    @TestFactory
    final Stream<DynamicNode> convertsNarrowTypesBitByBit() {
        return new MemoryChecks(device).narrowTypes();
    }

    @TestFactory
    final Stream<DynamicNode> savesStatisticsInSinglePrecision() {
        return new StatisticsChecks(device).all();
    }
}
