package dev.lanewise.serve;

import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.tensor.Lanewise;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.LongSupplier;

/**
 * What is measured, for Prometheus. Labels have few values whatever clients send: models are those that are served, and
 * other texts of a request never become one.
 */
final class Metrics {
    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private static final String MODEL = "model";
    private static final double NANOS = 1e-9;
    private static final double[] SECONDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
    };
    private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    private final Counter requests = Counter.builder()
            .name("lanewise_requests_total")
            .help("Requests that were answered, by what was asked for, model and HTTP status.")
            .labelNames("route", MODEL, "status")
            .register(registry);
    private final Counter errors = Counter.builder()
            .name("lanewise_errors_total")
            .help("Requests that were not answered as they were meant, by reason.")
            .labelNames("kind")
            .register(registry);
    private final Counter loads = Counter.builder()
            .name("lanewise_model_loads_total")
            .help("Versions of models that were read from the folder, by result: served or refused.")
            .labelNames(MODEL, "result")
            .register(registry);
    private final Histogram duration = histogram(
            "lanewise_request_duration_seconds", "Time from a request's header to the end of its answer.", SECONDS);
    private final Histogram queue =
            histogram("lanewise_queue_duration_seconds", "Time that a request waited to be computed.", SECONDS);
    private final Histogram compute =
            histogram("lanewise_compute_duration_seconds", "Time that the model computed a batch.", SECONDS);
    private final Histogram rows = histogram("lanewise_batch_rows", "Rows that were computed together.", ROWS);

    private Histogram histogram(String name, String help, double... bounds) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(MODEL)
                .classicOnly()
                .classicUpperBounds(bounds)
                .register(registry);
    }

    /** Measures what others count: when it is asked for. */
    void watch(Models models, Gate gate, MemoryBudget memory) {
        GaugeWithCallback.builder()
                .name("lanewise_model_info")
                .help("1 for every version that is served.")
                .labelNames(MODEL, "version")
                .callback(gauge -> models.forEach(served -> gauge.call(1, served.name(), served.version())))
                .register(registry);
        GaugeWithCallback.builder()
                .name("lanewise_queue_length")
                .help("Requests that wait to be computed.")
                .labelNames(MODEL, "version")
                .callback(gauge ->
                        models.forEach(served -> gauge.call(served.lane().waiting(), served.name(), served.version())))
                .register(registry);
        Runtime runtime = Runtime.getRuntime();
        gauge("lanewise_requests_in_progress", "Requests for an inference that are being answered.", gate::inside);
        gauge("lanewise_request_memory_bytes", "Java heap that bodies and tensors of requests take.", memory::taken);
        gauge(
                "lanewise_heap_used_bytes",
                "Java heap in use, garbage included.",
                () -> runtime.totalMemory() - runtime.freeMemory());
        gauge("lanewise_heap_max_bytes", "The most that the Java heap may grow to.", runtime::maxMemory);
        gauge("lanewise_tensor_memory_bytes", "Memory outside the Java heap that tensors hold.", Lanewise::hostMemory);
    }

    private void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsLong()))
                .register(registry);
    }

    /** Counts a request, once its answer is sent. */
    void answered(String route, String model, int status, long nanos) {
        requests.labelValues(route, model, Integer.toString(status)).inc();
        if (!model.isEmpty()) {
            duration.labelValues(model).observe(nanos * NANOS);
        }
    }

    void failed(String kind) {
        errors.labelValues(kind).inc();
    }

    void loaded(String model, boolean isServed) {
        loads.labelValues(model, isServed ? "served" : "refused").inc();
    }

    /** What a lane reports to. */
    BatchObserver batchesOf(String model) {
        DistributionDataPoint waited = queue.labelValues(model);
        DistributionDataPoint computed = compute.labelValues(model);
        DistributionDataPoint together = rows.labelValues(model);
        return (batch, start, nanos) -> {
            batch.forEach(pending -> waited.observe((start - pending.arrived) * NANOS));
            computed.observe(nanos * NANOS);
            together.observe(Pending.rows(batch));
        };
    }

    /** All of it in Prometheus's text format. */
    byte[] text() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        try {
            writer.write(bytes, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not in memory
        }
        return bytes.toByteArray();
    }
}
