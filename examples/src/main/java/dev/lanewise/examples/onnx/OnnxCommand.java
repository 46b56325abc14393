package dev.lanewise.examples.onnx;

import picocli.CommandLine.Command;

/** {@code lanewise onnx}. */
@Command(
        name = "onnx",
        description = "Inspect, run, check, time and write ONNX models.",
        subcommands = {
            InfoCommand.class,
            RunCommand.class,
            BenchCommand.class,
            VerifyCommand.class,
            CasesCommand.class,
            ExportCommand.class
        })
public final class OnnxCommand {
    OnnxCommand() {}
}
