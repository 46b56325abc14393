/** ONNX models: reader, operators, and layers made of imported graphs. */
module dev.lanewise.onnx {
    requires transitive dev.lanewise.nn;
    requires static transitive org.jspecify;

    exports dev.lanewise.onnx;
}
