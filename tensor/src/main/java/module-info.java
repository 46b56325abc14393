/** Tensors, the catalogue of operations on them, and what a backend implements. */
module dev.lanewise.tensor {
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports dev.lanewise.tensor;
    exports dev.lanewise.tensor.op;
    exports dev.lanewise.tensor.op.conv;
    exports dev.lanewise.tensor.op.elementwise;
    exports dev.lanewise.tensor.op.index;
    exports dev.lanewise.tensor.op.matrix;
    exports dev.lanewise.tensor.op.norm;
    exports dev.lanewise.tensor.op.reduce;
    exports dev.lanewise.tensor.op.sequence;
    exports dev.lanewise.tensor.op.view;
    exports dev.lanewise.tensor.spi;

    uses dev.lanewise.tensor.spi.BackendProvider;
}
