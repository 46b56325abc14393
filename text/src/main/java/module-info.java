/** Tokenizers and chat templates of language models, in pure Java. */
@SuppressWarnings("module") // lm is built later
module dev.lanewise.text {
    requires static transitive org.jspecify;
    requires tools.jackson.core;

    exports dev.lanewise.text;
    // config files of models are read in the same way as those of tokenizers
    exports dev.lanewise.text.json to
            dev.lanewise.lm;
    // expressions of adapters' files are bounded like those of tokenizers
    exports dev.lanewise.text.regex to
            dev.lanewise.lm;
}
