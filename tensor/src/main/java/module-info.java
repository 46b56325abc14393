/** Tensors, the catalogue of operations on them, and what a backend implements. */
module dev.lanewise.tensor {
    requires static transitive org.jspecify;

    exports dev.lanewise.tensor;
    exports dev.lanewise.tensor.op;
    exports dev.lanewise.tensor.spi;

    uses dev.lanewise.tensor.spi.BackendProvider;
}
