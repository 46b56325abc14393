package dev.lanewise.bench.fuzz;

import dev.lanewise.examples.JsonLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A process that runs cases from one number to another, notes each before it runs, and prints what it finds. */
final class FuzzProcess {
    private FuzzProcess() {}

    /**
     * Runs the cases: class of the target, seed, first number, number after the last one, file for the running case.
     */
    public static void main(String[] args) throws IOException, ReflectiveOperationException {
        FuzzTarget target = Class.forName(args[0])
                .asSubclass(FuzzTarget.class)
                .getDeclaredConstructor()
                .newInstance();
        long seed = Long.parseLong(args[1]);
        long end = Long.parseLong(args[3]);
        CaseFile file = CaseFile.of(Path.of(args[4]));
        for (long number = Long.parseLong(args[2]); number < end; number++) {
            long running = number;
            file.begin(running, "");
            Optional<FuzzTarget.Fault> fault = target.run(seed, running, text -> file.begin(running, text));
            if (fault.isPresent()) {
                print(running, fault.get());
            }
        }
        file.begin(end, "");
        // without waiting for threads that a case may have left behind
        Runtime.getRuntime().halt(0);
    }

    private static void print(long number, FuzzTarget.Fault fault) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("case", number);
        line.put("kind", fault.kind());
        line.put("text", fault.text());
        System.out.println(JsonLine.of(line));
        System.out.flush();
    }
}
