package dev.lanewise.examples;

import dev.lanewise.examples.golden.GoldenCommand;
import dev.lanewise.examples.train.PredictCommand;
import dev.lanewise.examples.train.TrainCommand;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.TensorException;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line {@code lanewise}. Exit codes: 0 done, 2 wrong usage, 1 anything else. */
@Command(
        name = "lanewise",
        description = "Tensors, automatic differentiation and neural networks in Java.",
        subcommands = {TrainCommand.class, PredictCommand.class, DoctorCommand.class, GoldenCommand.class},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        scope = ScopeType.INHERIT,
        sortOptions = false)
public final class Main {
    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    private boolean verbose;

    private Main() {}

    /** Runs a command and exits. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs a command and returns its exit code. */
    static int run(String... args) {
        return run(List.of(), args);
    }

    /**
     * Runs a command and returns its exit code.
     *
     * @param more commands beside those of this module, annotated as picocli has it
     */
    public static int run(List<?> more, String... args) {
        Main main = new Main();
        CommandLine commandLine = new CommandLine(main);
        more.forEach(commandLine::addSubcommand);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler((e, failed, result) -> main.report(e, failed));
        commandLine.setParameterExceptionHandler((e, arguments) -> {
            CommandLine failed = e.getCommandLine();
            failed.getErr()
                    .println("lanewise: " + oneLine(e) + "; see '"
                            + failed.getCommandSpec().qualifiedName() + " --help'");
            return CommandLine.ExitCode.USAGE;
        });
        if (args.length == 0) {
            commandLine.usage(System.err);
            return CommandLine.ExitCode.USAGE;
        }
        try {
            return commandLine.execute(args);
        } catch (Error e) { // picocli hands on exceptions alone
            return main.report(e, commandLine);
        }
    }

    private int report(Throwable e, CommandLine commandLine) {
        if (verbose) {
            e.printStackTrace(commandLine.getErr());
        } else {
            commandLine.getErr().println("lanewise: " + oneLine(e) + remedy(e));
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static String remedy(Throwable e) {
        return switch (e) {
            case TensorException expected -> "";
            case BadFileException expected -> "";
            case InvalidPathException name ->
                " (the system's locale has no such characters: set LC_ALL to one in UTF-8, such as C.UTF-8)";
            case OutOfMemoryError heap ->
                " (the Java heap has at most " + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MB; LANEWISE_JAVA_OPTS=-Xmx8g gives it 8 GB; --verbose shows where)";
            default -> " (an unexpected " + e.getClass().getSimpleName() + "; --verbose shows where)";
        };
    }

    private static String oneLine(Throwable e) {
        Throwable cause = e.getCause();
        if (e instanceof ExceptionInInitializerError && cause != null) {
            return oneLine(cause);
        }
        String message = e.getMessage();
        return message == null ? e.toString() : String.join(" ", Arrays.asList(message.split("\\R\\s*")));
    }

    /** Reads the version from the manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"lanewise " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
