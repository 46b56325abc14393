package dev.lanewise.examples.lm;

import dev.lanewise.examples.train.Progress;
import picocli.CommandLine.Model.CommandSpec;

/** Where the commands say that they download. */
final class Remarks {
    private Remarks() {}

    /** Draws on the stream of remarks, so that results stay alone on theirs. */
    static Progress of(CommandSpec spec) {
        return new Progress(
                spec.name(),
                false,
                spec.commandLine().getErr(),
                spec.commandLine().getErr());
    }
}
