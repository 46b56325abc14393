package dev.lanewise.examples.onnx;

import picocli.CommandLine.Command;

/** {@code lanewise onnx}. */
@Command(
        name = "onnx",
        description = "Look at, run and check ONNX models.",
        subcommands = {InfoCommand.class, RunCommand.class, VerifyCommand.class, CasesCommand.class})
public final class OnnxCommand {
    OnnxCommand() {}
}
