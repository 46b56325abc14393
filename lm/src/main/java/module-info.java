/** Language models: families read from Hugging Face's files, generation, adapters, low-bit weights. */
@SuppressWarnings("module") // examples is built later
module dev.lanewise.lm {
    requires transitive dev.lanewise.nn;
    requires transitive dev.lanewise.text;
    requires static transitive org.jspecify;

    exports dev.lanewise.lm;
    exports dev.lanewise.lm.adapter;
    // what the command line runs
    exports dev.lanewise.lm.cases to
            dev.lanewise.examples;
    exports dev.lanewise.lm.gguf;
    exports dev.lanewise.lm.quant;
}
