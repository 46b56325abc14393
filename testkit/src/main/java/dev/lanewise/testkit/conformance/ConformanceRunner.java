package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Device;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/**
 * The tests of {@link BackendConformance} for a program that runs them by itself, on a device chosen at run time.
 * JUnit's API and AssertJ must be on the class path, JUnit's engine need not be.
 */
public final class ConformanceRunner {
    private ConformanceRunner() {}

    /** The body of a test; it throws if a check fails. */
    public interface Check {
        /**
         * Runs the test.
         *
         * @throws Throwable if a check fails
         */
        void run() throws Throwable;
    }

    /**
     * A test, not run yet.
     *
     * @param suite the method of {@link BackendConformance}
     * @param name what is tested, for example {@code exp/F32 TRANSPOSED}
     * @param check runs it
     */
    public record Case(String suite, String name, Check check) {}

    /**
     * All tests for the backend of a device, always in the same order.
     *
     * @param device where the operations run
     * @return the tests
     */
    public static List<Case> cases(Device device) {
        BackendConformance conformance = new BackendConformance(device) {};
        Map<String, Stream<DynamicNode>> suites = new LinkedHashMap<>();
        suites.put("savesStatisticsInSinglePrecision", conformance.savesStatisticsInSinglePrecision());
        suites.put("agreesWithTheOracle", conformance.agreesWithTheOracle());
        suites.put("agreesWithTheOracleAtTheExtremes", conformance.agreesWithTheOracleAtTheExtremes());
        suites.put("withstandsHostileCases", conformance.withstandsHostileCases());
        suites.put("rejectsWhatDoesNotFit", conformance.rejectsWhatDoesNotFit());
        suites.put("survivesWhatNobodyMeans", conformance.survivesWhatNobodyMeans());
        suites.put("sameBitsForAnyNumberOfThreads", conformance.sameBitsForAnyNumberOfThreads());
        suites.put("gradientsAgreeWithFiniteDifferences", conformance.gradientsAgreeWithFiniteDifferences());
        suites.put("assignsToViews", conformance.assignsToViews());
        suites.put("convertsNarrowTypesBitByBit", conformance.convertsNarrowTypesBitByBit());
        return suites.entrySet().stream()
                .flatMap(suite -> suite.getValue().flatMap(node -> cases(suite.getKey(), "", node)))
                .toList();
    }

    private static Stream<Case> cases(String suite, String above, DynamicNode node) {
        String name = above + node.getDisplayName();
        return switch (node) {
            case DynamicTest test -> Stream.of(new Case(suite, name, test.getExecutable()::execute));
            case DynamicContainer container ->
                container.getChildren().flatMap(child -> cases(suite, name + "/", child));
            default -> throw new IllegalStateException("neither test nor container: " + node);
        };
    }
}
