/** The conformance suite that every backend passes, the oracle it compares with, and the runner of reference cases. */
module dev.lanewise.testkit {
    requires transitive dev.lanewise.autograd;
    requires transitive dev.lanewise.tensor;
    requires static org.assertj.core;
    requires static org.junit.jupiter.api;
    requires static transitive org.jspecify;
    requires tools.jackson.core;

    exports dev.lanewise.testkit;
    exports dev.lanewise.testkit.conformance;
    exports dev.lanewise.testkit.golden;

    uses dev.lanewise.testkit.golden.GoldenOps;

    provides dev.lanewise.tensor.spi.BackendProvider with
            dev.lanewise.testkit.ReferenceBackendProvider;
    provides dev.lanewise.testkit.golden.GoldenOps with
            dev.lanewise.testkit.golden.TensorGoldenOps;
}
