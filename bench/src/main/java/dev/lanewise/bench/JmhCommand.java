package dev.lanewise.bench;

import dev.lanewise.bench.jmh.OpenBlas;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code lanewise bench jmh}. */
@Command(
        name = "jmh",
        customSynopsis = "lanewise bench jmh [PATTERN] [JMH options]",
        description =
                "Run the JMH benchmarks of kernels whose names match a pattern; -l lists them, -prof gc shows what they"
                        + " allocate, -f 1 -wi 3 -i 3 makes it quicker.")
final class JmhCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    JmhCommand() {}

    @Override
    public Integer call() throws IOException, RunnerException {
        CommandLineOptions given = parse();
        if (given.shouldList()) {
            new Runner(given).list();
            return 0;
        }
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given);
        if (OpenBlas.isThere()) {
            OpenBlas.strongerCore().ifPresent(core -> {
                List<String> flags = new ArrayList<>(given.getJvmArgsAppend().orElse(List.of()));
                flags.add("-D" + OpenBlas.CORE + "=" + core);
                options.jvmArgsAppend(flags.toArray(String[]::new));
            });
        } else {
            spec.commandLine().getErr().println("jmh: OpenBLAS is not installed; its benchmarks are left out");
            options.exclude("OpenBlas");
        }
        new Runner(options.build()).run();
        return 0;
    }

    private CommandLineOptions parse() throws IOException {
        try {
            return new CommandLineOptions(arguments.toArray(String[]::new));
        } catch (CommandLineOptionException e) {
            throw new ParameterException(spec.commandLine(), "jmh: " + e.getMessage(), e);
        }
    }
}
