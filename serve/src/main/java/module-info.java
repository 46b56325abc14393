/** Models behind HTTP: the Open Inference Protocol, micro-batching, metrics. */
module dev.lanewise.serve {
    requires transitive dev.lanewise.lm;
    requires transitive dev.lanewise.nn;
    requires transitive dev.lanewise.onnx;
    requires io.helidon.common.buffers;
    requires io.helidon.common.concurrency.limits;
    requires io.helidon.common.socket;
    requires io.helidon.common.task;
    requires io.helidon.common.tls;
    requires io.helidon.http;
    requires io.helidon.webserver;
    requires io.prometheus.metrics.core;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires jdk.jfr;
    requires jdk.management;
    requires static transitive org.jspecify;
    requires tools.jackson.core;
    // only MicrometerObserver uses it; its users provide it
    requires static micrometer.core;

    exports dev.lanewise.serve;
    exports dev.lanewise.serve.micrometer;
}
