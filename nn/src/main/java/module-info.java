/** Neural network layers, losses, optimizers, data and checkpoints. */
@SuppressWarnings("module") // the others are built later
module dev.lanewise.nn {
    requires transitive dev.lanewise.autograd;
    requires transitive dev.lanewise.tensor;
    requires de.siegmar.fastcsv;
    requires java.desktop;
    requires java.net.http;
    // only for queries as data sets; who has a connection has the module
    requires static transitive java.sql;
    requires jdk.jfr;
    requires static transitive org.jspecify;
    requires tools.jackson.core;
    // only CurvesPng draws; its users provide XChart
    requires static xchart;

    exports dev.lanewise.nn;
    exports dev.lanewise.nn.data;
    exports dev.lanewise.nn.data.image;
    exports dev.lanewise.nn.data.table;
    exports dev.lanewise.nn.data.text;
    exports dev.lanewise.nn.detection;
    exports dev.lanewise.nn.dropout;
    exports dev.lanewise.nn.explain;
    exports dev.lanewise.nn.graph;
    exports dev.lanewise.nn.io;
    exports dev.lanewise.nn.log;
    exports dev.lanewise.nn.loss;
    exports dev.lanewise.nn.metrics;
    exports dev.lanewise.nn.models;
    exports dev.lanewise.nn.optim;
    exports dev.lanewise.nn.parametrize;
    exports dev.lanewise.nn.profile;
    exports dev.lanewise.nn.prune;
    exports dev.lanewise.nn.sequence;
    exports dev.lanewise.nn.shared to
            dev.lanewise.examples,
            dev.lanewise.lm;
    exports dev.lanewise.nn.spatial;
    exports dev.lanewise.nn.train;
}
