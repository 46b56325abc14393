package dev.lanewise.examples;

import dev.lanewise.tensor.Lanewise;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lanewise doctor}: what this machine and JVM offer, and why a backend is unavailable. */
@Command(name = "doctor", description = "Show the JVM, its flags, the vector species, and which backends were found.")
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    DoctorCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Runtime runtime = Runtime.getRuntime();
        row(out, "java", System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"));
        row(out, "java home", System.getProperty("java.home"));
        row(out, "os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        row(out, "flags", String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        row(out, "cores", Integer.toString(runtime.availableProcessors()));
        row(out, "max heap", (runtime.maxMemory() >> 20) + " MiB");
        boolean usable = false;
        for (Lanewise.BackendReport backend : Lanewise.backends()) {
            usable |= backend.isAvailable();
            describe(out, backend);
        }
        if (!usable) {
            out.println("no backend can be used: nothing will run");
        }
        out.flush();
        return usable ? 0 : 1;
    }

    private static void describe(PrintWriter out, Lanewise.BackendReport backend) {
        if (!backend.isAvailable()) {
            row(out, "backend", backend.name() + ": not available");
            backend.reason().lines().forEach(line -> row(out, "", line));
        }
        for (Lanewise.DeviceReport report : backend.devices()) {
            row(out, "backend", report.backend() + " for " + report.device() + ": " + report.summary());
            report.details().forEach((name, value) -> row(out, "  " + name, value));
        }
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-14s %s%n", name, value);
    }
}
