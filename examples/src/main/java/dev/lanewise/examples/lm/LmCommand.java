package dev.lanewise.examples.lm;

import picocli.CommandLine.Command;

/** {@code lanewise lm}. */
@Command(
        name = "lm",
        description = "Run language models and check them.",
        subcommands = {
            GenerateCommand.class,
            ChatCommand.class,
            EmbedCommand.class,
            ClassifyCommand.class,
            SearchCommand.class,
            ImportCommand.class,
            FinetuneCommand.class,
            CasesCommand.class
        })
public final class LmCommand {
    LmCommand() {}
}
