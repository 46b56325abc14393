/** The command line {@code lanewise}: reference trainers and {@code doctor}. */
module dev.lanewise.examples {
    requires dev.lanewise.distributed;
    requires dev.lanewise.lm;
    requires dev.lanewise.nn;
    requires dev.lanewise.onnx;
    requires dev.lanewise.serve;
    requires dev.lanewise.testkit;
    requires dev.lanewise.text;
    requires info.picocli;
    requires java.logging;
    requires java.management;
    requires static org.jspecify;
    requires tools.jackson.core;

    opens dev.lanewise.examples to
            info.picocli;
    opens dev.lanewise.examples.golden to
            info.picocli;
    opens dev.lanewise.examples.lm to
            info.picocli;
    opens dev.lanewise.examples.onnx to
            info.picocli;
    opens dev.lanewise.examples.page to
            info.picocli;
    opens dev.lanewise.examples.serve to
            info.picocli;
    opens dev.lanewise.examples.train to
            info.picocli;

    provides dev.lanewise.testkit.golden.GoldenOps with
            dev.lanewise.examples.golden.NnGoldenOps;
}
