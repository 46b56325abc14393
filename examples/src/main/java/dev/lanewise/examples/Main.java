package dev.lanewise.examples;

import dev.lanewise.examples.golden.GoldenCommand;
import dev.lanewise.examples.lm.LmCommand;
import dev.lanewise.examples.onnx.OnnxCommand;
import dev.lanewise.examples.page.ExampleCommand;
import dev.lanewise.examples.serve.ServeCommand;
import dev.lanewise.examples.train.PredictCommand;
import dev.lanewise.examples.train.TrainCommand;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** The command line {@code lanewise}. Exit codes: 0 done, 2 wrong usage, 1 anything else. */
@Command(
        name = "lanewise",
        description = "Tensors, automatic differentiation and neural networks in Java.",
        subcommands = {
            TrainCommand.class,
            PredictCommand.class,
            ExampleCommand.class,
            OnnxCommand.class,
            LmCommand.class,
            ServeCommand.class,
            DoctorCommand.class,
            GoldenCommand.class
        },
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
     * @param more commands in addition to those of this module, with picocli's annotations
     */
    public static int run(List<?> more, String... args) {
        Main main = new Main();
        CommandLine commandLine = new CommandLine(main);
        more.forEach(commandLine::addSubcommand);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Path.class, Main::path);
        // an argument is taken literally, even "@home"
        commandLine.setExpandAtFiles(false);
        commandLine.setOut(Output.results(System.out));
        commandLine.setErr(Output.remarks(System.err));
        commandLine.setExecutionStrategy(parsed -> {
            if (!asksForHelp(parsed)) {
                return new CommandLine.RunLast().execute(parsed);
            }
            // picocli's own text may be coloured
            commandLine.setOut(Output.drawing(commandLine.getOut()));
            try {
                return new CommandLine.RunLast().execute(parsed);
            } catch (Output.ClosedException e) {
                return main.report(e, commandLine);
            }
        });
        commandLine.setExecutionExceptionHandler((e, failed, result) -> main.report(e, failed));
        commandLine.setParameterExceptionHandler((e, arguments) -> {
            CommandLine failed = e.getCommandLine();
            tell(
                    failed,
                    Failure.of(e).message().replace("option option", "option") + "; see '"
                            + failed.getCommandSpec().qualifiedName() + " --help'");
            return CommandLine.ExitCode.USAGE;
        });
        if (args.length == 0) {
            commandLine.usage(System.err);
            return CommandLine.ExitCode.USAGE;
        }
        try {
            int code = commandLine.execute(args);
            if (code == CommandLine.ExitCode.OK) {
                // what was printed last may not have been written
                commandLine.getOut().flush();
            }
            return code;
        } catch (Error | Output.ClosedException e) { // picocli passes on only exceptions, and none of its handlers'
            return main.report(e, commandLine);
        }
    }

    private static Path path(String argument) {
        try {
            return Path.of(argument);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(Failure.of(e).message());
        }
    }

    private static boolean asksForHelp(ParseResult parsed) {
        return parsed.isUsageHelpRequested()
                || parsed.isVersionHelpRequested()
                || parsed.hasSubcommand() && asksForHelp(parsed.subcommand());
    }

    private int report(Throwable e, CommandLine commandLine) {
        if (verbose) {
            e.printStackTrace(commandLine.getErr());
        } else {
            tell(commandLine, Failure.of(e).toString());
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static void tell(CommandLine commandLine, String message) {
        commandLine.getErr().println("lanewise: " + message);
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
