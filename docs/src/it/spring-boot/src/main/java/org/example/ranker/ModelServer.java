package org.example.ranker;

import dev.lanewise.nn.ServingModel;
import dev.lanewise.serve.Batching;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Server;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.serve.micrometer.MicrometerObserver;
import dev.lanewise.tensor.DType;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** The model behind HTTP, at a port of its own, as long as the application runs. */
@Component
class ModelServer implements SmartLifecycle {
    private static final Logger LOG = System.getLogger(ModelServer.class.getName());

    private final Server.Builder builder;
    private volatile Server server;

    ModelServer(
            ServingModel ranker,
            MeterRegistry registry,
            @Value("${lanewise.port}") int port,
            @Value("${lanewise.wait}") Duration wait) {
        Signature signature = new Signature(
                List.of(TensorInfo.of("offer", DType.F32, TensorInfo.OPEN, 3)),
                List.of(TensorInfo.of("score", DType.F32, TensorInfo.OPEN, 1)));
        this.builder = Server.builder()
                .model("ranker", "1", Servable.of(ranker, signature))
                .batching(Batching.usual().withLongestWait(wait))
                .observer(new MicrometerObserver(registry))
                .port(port);
    }

    @Override
    public void start() {
        server = builder.start();
        LOG.log(Level.INFO, "Models are served on port " + server.port());
    }

    /** Answers what was accepted, and refuses the rest. */
    @Override
    public void stop() {
        Server running = server;
        server = null;
        running.drain();
        running.close();
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }
}
