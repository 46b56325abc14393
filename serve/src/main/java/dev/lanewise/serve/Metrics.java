package dev.lanewise.serve;

import dev.lanewise.serve.generate.CacheMemory;
import dev.lanewise.serve.generate.GenerationLane;
import dev.lanewise.serve.generate.GenerationObserver;
import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.tensor.Lanewise;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What is measured, for Prometheus. Labels have few values whatever clients send: models are those that are served, and
 * other texts of a request never become one.
 */
final class Metrics {
    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private static final Logger LOG = System.getLogger(Server.class.getName());
    private static final String MODEL = "model";
    private static final double NANOS = 1e-9;
    private static final double[] SECONDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
    };
    private static final double[] LONG_SECONDS = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};
    private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

    private final List<ServerObserver> observers;
    private final AtomicBoolean failed = new AtomicBoolean();

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
    private final Histogram textDuration = histogram(
            "lanewise_text_duration_seconds",
            "Time from the header of a request for a text to the end of the text.",
            LONG_SECONDS);
    private final Histogram queue =
            histogram("lanewise_queue_duration_seconds", "Time that a request waited to be computed.", SECONDS);
    private final Histogram compute =
            histogram("lanewise_compute_duration_seconds", "Time that the model computed a batch.", SECONDS);
    private final Histogram rows = histogram("lanewise_batch_rows", "Rows that were computed together.", ROWS);

    private final Counter tokens = Counter.builder()
            .name("lanewise_tokens_total")
            .help("Tokens of texts that were generated, by kind: prompt or new.")
            .labelNames(MODEL, "kind")
            .register(registry);

    /**
     * Measures a server.
     *
     * @param observers are told the same
     */
    Metrics(List<ServerObserver> observers) {
        this.observers = List.copyOf(observers);
    }

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
    void watch(Models models, Gate gate, MemoryBudget memory, CacheMemory cache) {
        registry.register(() -> info(models));
        GaugeWithCallback.builder()
                .name("lanewise_queue_length")
                .help("Requests that wait to be computed.")
                .labelNames(MODEL, "version")
                .callback(
                        gauge -> models.forEach(served -> gauge.call(waiting(served), served.name(), served.version())))
                .register(registry);
        GaugeWithCallback.builder()
                .name("lanewise_texts_running")
                .help("Texts that are being generated.")
                .labelNames(MODEL, "version")
                .callback(
                        gauge -> models.forEach(served -> gauge.call(running(served), served.name(), served.version())))
                .register(registry);
        gauge("cache_bytes", "Memory for keys and values of texts that are being generated.", cache::taken);
        Runtime runtime = Runtime.getRuntime();
        gauge("requests_in_progress", "Requests for an inference that are being answered.", gate::inside);
        gauge("request_memory_bytes", "Java heap that bodies and tensors of requests take.", memory::taken);
        gauge(
                "heap_used_bytes",
                "Java heap in use, garbage included.",
                () -> runtime.totalMemory() - runtime.freeMemory());
        gauge("heap_max_bytes", "The most that the Java heap may grow to.", runtime::maxMemory);
        gauge("tensor_memory_bytes", "Memory outside the Java heap that tensors hold.", Lanewise::hostMemory);
    }

    /** Written as lanewise_model_info; earlier releases of the client take no gauge of such a name. */
    private static InfoSnapshot info(Models models) {
        InfoSnapshot.Builder info =
                InfoSnapshot.builder().name("lanewise_model").help("1 for every version that is served.");
        models.forEach(served -> info.dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                .labels(Labels.of(MODEL, served.name(), "version", served.version()))
                .build()));
        return info.build();
    }

    private static int waiting(Served served) {
        GenerationLane generation = served.generation();
        return served.lane().waiting() + (generation == null ? 0 : generation.waiting());
    }

    private static int running(Served served) {
        GenerationLane generation = served.generation();
        return generation == null ? 0 : generation.running();
    }

    private void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name("lanewise_" + name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsLong()))
                .register(registry);
        observers.forEach(observer -> observer.gauge(name, help, value));
    }

    /** These take as long as the client wants the text to be, and would hide how fast other requests are. */
    private static boolean isText(String route) {
        return route.equals(Completions.ROUTE) || route.equals(Completions.CHAT_ROUTE);
    }

    /** Whatever an observer throws, requests go on being answered; that is said once. */
    private void tell(Consumer<ServerObserver> what) {
        for (ServerObserver observer : observers) {
            try {
                what.accept(observer);
            } catch (RuntimeException e) {
                if (!failed.getAndSet(true)) {
                    LOG.log(Level.ERROR, "an observer failed; if it fails again, nothing is said", e);
                }
            }
        }
    }

    /** Counts a request, once its answer is sent. */
    void answered(String route, String model, int status, long nanos) {
        requests.labelValues(route, model, Integer.toString(status)).inc();
        if (!model.isEmpty()) {
            (isText(route) ? textDuration : duration).labelValues(model).observe(nanos * NANOS);
        }
        tell(observer -> observer.answered(route, model, status, nanos));
    }

    void failed(String kind) {
        errors.labelValues(kind).inc();
        tell(observer -> observer.refused(kind));
    }

    void loaded(String model, boolean isServed) {
        loads.labelValues(model, isServed ? "served" : "refused").inc();
        tell(observer -> observer.loaded(model, isServed));
    }

    /** What a lane reports to. */
    BatchObserver batchesOf(String model) {
        DistributionDataPoint waited = queue.labelValues(model);
        DistributionDataPoint computed = compute.labelValues(model);
        DistributionDataPoint together = rows.labelValues(model);
        return (batch, start, nanos) -> {
            long count = Pending.rows(batch);
            batch.forEach(pending -> waited.observe((start - pending.arrived) * NANOS));
            computed.observe(nanos * NANOS);
            together.observe(count);
            tell(observer -> {
                batch.forEach(pending -> observer.waited(model, start - pending.arrived));
                observer.computed(model, count, nanos);
            });
        };
    }

    /** What a lane of texts reports to: a step is a batch, and its texts are rows. */
    GenerationObserver textsOf(String model) {
        DistributionDataPoint waited = queue.labelValues(model);
        DistributionDataPoint computed = compute.labelValues(model);
        DistributionDataPoint together = rows.labelValues(model);
        CounterDataPoint prompt = tokens.labelValues(model, "prompt");
        CounterDataPoint added = tokens.labelValues(model, "new");
        return new GenerationObserver() {
            @Override
            public void began(long queueNanos) {
                waited.observe(queueNanos * NANOS);
                tell(observer -> observer.waited(model, queueNanos));
            }

            @Override
            public void stepped(int sequences, long nanos) {
                computed.observe(nanos * NANOS);
                together.observe(sequences);
                tell(observer -> observer.computed(model, sequences, nanos));
            }

            @Override
            public void ended(int promptTokens, int newTokens) {
                prompt.inc(promptTokens);
                added.inc(newTokens);
                tell(observer -> observer.generated(model, promptTokens, newTokens));
            }
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
