package dev.lanewise.serve.micrometer;

import dev.lanewise.serve.ServerObserver;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Passes on to Micrometer what {@code /metrics} tells Prometheus, under the same names in Micrometer's spelling:
 * {@code lanewise.requests}, {@code lanewise.request.duration}, {@code lanewise.batch.rows} and so on.
 *
 * <pre>{@code
 * Server server = Server.builder().models(folder).observer(new MicrometerObserver(registry)).start();
 * }</pre>
 *
 * <p>Meters that have no values yet, such as those of models that nobody has asked, do not exist yet.
 */
public final class MicrometerObserver implements ServerObserver {
    private static final String PREFIX = "lanewise.";
    private static final String MODEL = "model";

    private final MeterRegistry registry;

    /**
     * An observer of one server.
     *
     * @param registry where its meters are
     */
    @SuppressWarnings("exports") // Micrometer is no named module
    public MicrometerObserver(MeterRegistry registry) {
        Objects.requireNonNull(registry, "registry");
        this.registry = registry;
    }

    @Override
    public void answered(String route, String model, int status, long nanos) {
        registry.counter(PREFIX + "requests", "route", route, MODEL, model, "status", Integer.toString(status))
                .increment();
        if (!model.isEmpty()) {
            Timer.builder(PREFIX + "request.duration")
                    .tag("route", route)
                    .tag(MODEL, model)
                    .register(registry)
                    .record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void refused(String kind) {
        registry.counter(PREFIX + "errors", "kind", kind).increment();
    }

    @Override
    public void loaded(String model, boolean isServed) {
        registry.counter(PREFIX + "model.loads", MODEL, model, "result", isServed ? "served" : "refused")
                .increment();
    }

    @Override
    public void waited(String model, long nanos) {
        time("queue.duration", model, nanos);
    }

    @Override
    public void computed(String model, long rows, long nanos) {
        time("compute.duration", model, nanos);
        DistributionSummary.builder(PREFIX + "batch.rows")
                .tag(MODEL, model)
                .register(registry)
                .record(rows);
    }

    @Override
    public void generated(String model, int promptTokens, int newTokens) {
        registry.counter(PREFIX + "tokens", MODEL, model, "kind", "prompt").increment(promptTokens);
        registry.counter(PREFIX + "tokens", MODEL, model, "kind", "new").increment(newTokens);
    }

    @Override
    public void gauge(String name, String help, LongSupplier value) {
        Gauge.builder(PREFIX + name.replace('_', '.'), value::getAsLong)
                .description(help)
                .register(registry);
    }

    private void time(String name, String model, long nanos) {
        Timer.builder(PREFIX + name).tag(MODEL, model).register(registry).record(nanos, TimeUnit.NANOSECONDS);
    }
}
