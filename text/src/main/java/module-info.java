/** Tokenizers and chat templates of language models, in pure Java. */
module dev.lanewise.text {
    requires static transitive org.jspecify;
    requires tools.jackson.core;

    exports dev.lanewise.text;
}
