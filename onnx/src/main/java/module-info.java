/** ONNX models: reader, operators, and layers made of imported graphs. */
@SuppressWarnings("module") // examples is built later
module dev.lanewise.onnx {
    requires transitive dev.lanewise.nn;
    requires static transitive org.jspecify;

    exports dev.lanewise.onnx;
    // what the command line runs
    exports dev.lanewise.onnx.cases to
            dev.lanewise.examples;
}
