package dev.lanewise.examples;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.BackendProvider.Availability;
import dev.lanewise.tensor.spi.Backends;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lanewise doctor}: what this machine and JVM offer, and why a backend is not there. */
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
        for (BackendProvider provider : Backends.providers()) {
            usable |= describe(out, provider);
        }
        if (!usable) {
            out.println("no backend can be used: nothing will run");
        }
        out.flush();
        return usable ? 0 : 1;
    }

    private static boolean describe(PrintWriter out, BackendProvider provider) {
        return switch (provider.availability()) {
            case Availability.Available available -> {
                for (Device device : provider.devices()) {
                    BackendInfo info = Backends.of(device).describe();
                    row(out, "backend", info.name() + " for " + device + ": " + info.summary());
                    info.details().forEach((name, value) -> row(out, "  " + name, value));
                }
                yield true;
            }
            case Availability.Unavailable unavailable -> {
                row(out, "backend", provider.name() + ": not available");
                unavailable.reason().lines().forEach(line -> row(out, "", line));
                yield false;
            }
        };
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-14s %s%n", name, value);
    }
}
