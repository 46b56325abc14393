package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.cuda.CudaPrecision;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.testkit.conformance.ConformanceRunner;
import dev.lanewise.testkit.golden.GoldenResult;
import dev.lanewise.testkit.golden.GoldenRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * A process that runs every n-th case of a kind on a device, in fixed order from a number on, and prints a line when
 * one begins and when it ends. After a failure that leaves the device unusable it exits, and another process continues
 * after that case.
 */
final class CaseProcess {
    /** The exit code when the device no longer computes. */
    static final int DEVICE_LOST = 3;

    private CaseProcess() {}

    /** The kinds of cases. */
    enum Kind {
        /** The conformance suite. */
        CONFORMANCE,
        /** The reference cases of single operations. */
        GOLDEN,
        /** The reference training runs. */
        TRAINING
    }

    /** The suite whose results have to be the same bits every time, which cuDNN's fastest algorithms don't give. */
    private static final String SAME_BITS = "sameBitsForAnyNumberOfThreads";

    record Case(String group, String name, ConformanceRunner.Check check) {}

    /** Runs the cases: kind, device, first number, which of how many processes this is, of how many cases it takes one. */
    public static void main(String[] args) {
        Child.endWithParent();
        Device device = Device.parse(args[1]);
        List<Case> cases = cases(Kind.valueOf(args[0]), device);
        int shard = Integer.parseInt(args[3]);
        int shards = Integer.parseInt(args[4]);
        int sample = Integer.parseInt(args[5]);
        for (int i = Integer.parseInt(args[2]); i < cases.size(); i++) {
            if (!takes(i, shard, shards, sample)) {
                continue;
            }
            Case next = cases.get(i);
            print("begin", i, "group", next.group, "name", next.name);
            if (!run(i, next) && !computes(device)) {
                // at once: what runs at an orderly end would use the device
                Runtime.getRuntime().halt(DEVICE_LOST);
            }
        }
        print("total", cases.size());
    }

    /** Whether a case is this process's: of every n-th, one of so many. */
    static boolean takes(int number, int shard, int shards, int sample) {
        return number % shards == shard && number / shards % sample == 0;
    }

    private static List<Case> cases(Kind kind, Device device) {
        return switch (kind) {
            case CONFORMANCE ->
                ConformanceRunner.cases(device).stream()
                        .map(CaseProcess::conformance)
                        .toList();
            case GOLDEN -> golden(device).filter(c -> !isTraining(c)).toList();
            case TRAINING -> golden(device).filter(CaseProcess::isTraining).toList();
        };
    }

    static Case conformance(ConformanceRunner.Case of) {
        ConformanceRunner.Check check = of.suite().equals(SAME_BITS) ? deterministic(of.check()) : of.check();
        return new Case(of.suite(), of.name(), check);
    }

    private static ConformanceRunner.Check deterministic(ConformanceRunner.Check check) {
        return () -> {
            boolean before = CudaPrecision.isDeterminismRequired();
            CudaPrecision.requireDeterminism(true);
            try {
                check.run();
            } finally {
                CudaPrecision.requireDeterminism(before);
            }
        };
    }

    private static boolean isTraining(Case golden) {
        return golden.name.startsWith("train_");
    }

    private static Stream<Case> golden(Device device) {
        Path usual = Path.of(System.getProperty("lanewise.home", ""), "testkit", "golden");
        Path home = Path.of(System.getProperty("lanewise.golden", usual.toString()));
        if (!Files.isDirectory(home)) {
            throw new TensorException("gpu-check: found no " + home.toAbsolutePath()
                    + " (expected the reference cases); pack them, or run gpu-check.sh where the project is");
        }
        return Stream.of("cases", "seed-4", "seed-5")
                .flatMap(set -> GoldenRunner.of(home.resolve(set), device).cases().stream()
                        .map(pending -> new Case(set, pending.id(), () -> check(pending))));
    }

    private static void check(GoldenRunner.Pending pending) {
        GoldenResult result = pending.check().get();
        if (result.status() != GoldenResult.Status.PASSED) {
            throw new AssertionError(result.message());
        }
    }

    /** Runs a case; returns whether it did not fail. */
    private static boolean run(int number, Case next) {
        try {
            next.check.run();
            print("end", number, "status", "passed");
            return true;
        } catch (TestAbortedException e) {
            print("end", number, "status", "skipped", "message", String.valueOf(e.getMessage()));
            return true;
        } catch (Throwable e) {
            print("end", number, "status", "failed", "message", e.toString());
            return false;
        }
    }

    private static boolean computes(Device device) {
        return computes(() -> {
            try (var ignored = Scope.open("probe")) {
                return Tensor.full(1, DType.F32, device, 4).add(1).sum().item() == 8;
            }
        });
    }

    /** Tries twice: the first result that is read also reports what the case before has left, such as a bad position. */
    static boolean computes(BooleanSupplier probe) {
        for (int attempt = 0; attempt < 2; attempt++) {
            try {
                if (probe.getAsBoolean()) {
                    return true;
                }
            } catch (RuntimeException e) {
                System.err.println("after a failed case: " + e);
            }
        }
        System.err.println("the device no longer computes");
        return false;
    }

    private static void print(Object... namesAndValues) {
        Map<String, Object> line = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            line.put(namesAndValues[i].toString(), namesAndValues[i + 1]);
        }
        System.out.println(JsonLine.of(line));
        System.out.flush();
    }
}
