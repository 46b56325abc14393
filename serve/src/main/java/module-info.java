/** Models behind HTTP: the Open Inference Protocol, micro-batching, metrics. */
module dev.lanewise.serve {
    requires transitive dev.lanewise.nn;
    requires transitive dev.lanewise.onnx;
    requires io.helidon.common.tls;
    requires io.helidon.http;
    requires io.helidon.webserver;
    requires io.prometheus.metrics.core;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires static transitive org.jspecify;
    requires tools.jackson.core;

    exports dev.lanewise.serve;
}
