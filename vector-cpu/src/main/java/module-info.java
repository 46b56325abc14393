/** The CPU backend, written with the Vector API; it exports nothing and is found as a service. */
module dev.lanewise.cpu {
    requires dev.lanewise.tensor;
    requires jdk.incubator.vector;
    requires static org.jspecify;

    provides dev.lanewise.tensor.spi.BackendProvider with
            dev.lanewise.cpu.VectorBackendProvider;
}
