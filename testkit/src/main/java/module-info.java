/** The conformance suite that every backend passes, and the oracles it compares with. */
module dev.lanewise.testkit {
    requires transitive dev.lanewise.autograd;
    requires transitive dev.lanewise.tensor;
    requires transitive org.assertj.core;
    requires transitive org.junit.jupiter.api;
    requires static transitive org.jspecify;
}
