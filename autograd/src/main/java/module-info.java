/** Reverse-mode automatic differentiation of tensor operations. */
module dev.lanewise.autograd {
    requires transitive dev.lanewise.tensor;
    requires static transitive org.jspecify;

    exports dev.lanewise.autograd;
}
