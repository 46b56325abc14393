package dev.lanewise.serve;

import dev.lanewise.serve.generate.CacheMemory;
import dev.lanewise.serve.http.BearerToken;
import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Newcomers;
import dev.lanewise.serve.http.PemFiles;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.serve.http.WatchedConnections;
import dev.lanewise.serve.name.ModelName;
import dev.lanewise.tensor.TensorException;
import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A server for models that speaks the Open Inference Protocol, version 2, over HTTP, with JSON and binary tensors, and
 * for models of texts OpenAI's {@code /v1/embeddings}, {@code /v1/completions} and {@code /v1/chat/completions}.
 *
 * <pre>{@code
 * try (Server server = Server.builder().model("digits", "1", Servable.of(model)).port(8000).start()) {
 *     System.out.println("http://" + server.host() + ":" + server.port() + "/v2/models/digits");
 *     ...
 * }
 * }</pre>
 *
 * <p>It listens on 127.0.0.1 unless told otherwise. Requests run on virtual threads and models on
 * threads of their own. A request is checked against the model's {@link Signature} before memory is taken for its
 * tensors; the memory of all requests is bounded, and so are queues and the time that a request takes. Prometheus finds
 * what is measured at {@code /metrics}. A request that belongs to a trace (W3C's {@code traceparent}) is answered with
 * {@code traceresponse}. Closing the server drains it: no more requests are accepted, and those that were are
 * answered.
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Server.class.getName());

    private final WebServer web;
    private final Models models;
    private final Gate gate;
    private final Settings settings;
    private final @Nullable Thread watcher;

    private Server(Settings settings, Builder builder) {
        this.settings = settings;
        this.models = new Models();
        this.gate = new Gate();
        Metrics metrics = new Metrics(builder.observers);
        try {
            for (Builder.Named model : builder.models) {
                models.put(Served.start(model.name(), model.version(), model.servable(), null, settings, metrics));
            }
            ModelFolder folder = builder.openFolder(models, settings, metrics);
            this.web = web(routing(metrics, builder), metrics, builder);
            this.watcher = folder == null
                    ? null
                    : Thread.ofPlatform().daemon().name("lanewise-models").start(() -> watch(folder, builder.interval));
        } catch (RuntimeException | Error e) {
            models.close();
            throw e;
        }
    }

    private HttpRouting.Builder routing(Metrics metrics, Builder builder) {
        MemoryBudget memory = new MemoryBudget(settings.memory());
        metrics.watch(models, gate, memory, settings.cacheMemory());
        Reception reception = new Reception(metrics, builder.token, builder.accessLog, builder.sending);
        HttpRouting.Builder routing = HttpRouting.builder();
        new OpenInference(models, gate, memory, settings).addTo(routing, reception);
        new Embeddings(models, gate, memory, settings).addTo(routing, reception);
        new Completions(models, gate, memory, settings, reception).addTo(routing);
        reception.get(
                routing,
                "/metrics",
                reception.guarded("metrics", exchange -> exchange.send(200, Metrics.CONTENT_TYPE, metrics.text())));
        return routing.any(reception.guarded("none", exchange -> {
            throw Refusal.notFound("this method is not answered at this address");
        }));
    }

    private WebServer web(HttpRouting.Builder routing, Metrics metrics, Builder builder) {
        WatchedConnections connections = new WatchedConnections(builder.patience);
        WebServerConfig.Builder web = WebServer.builder()
                .host(settings.host())
                .port(settings.port())
                .routing(routing)
                .addConnectionSelector(connections)
                .connectionOptions(connections.newcomers())
                .maxTcpConnections(builder.connections)
                .directHandlers(WrongHttp.handlers(metrics, builder.accessLog))
                // a program decides itself what to do when it is to end
                .shutdownHook(false);
        SSLContext tls = builder.tls;
        if (tls != null) {
            web.tls(Tls.builder().sslContext(tls).build());
        }
        return web.build().start();
    }

    /** {@return a builder of a server at 127.0.0.1 and any free port} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the address that it listens on} */
    public String host() {
        return settings.host();
    }

    /** {@return the port that it listens on} */
    public int port() {
        return web.port();
    }

    /** {@return the versions that are served now, from old to new, by the models' names} */
    public Map<String, List<String>> models() {
        Map<String, List<String>> served = new TreeMap<>();
        models.forEach(model ->
                served.computeIfAbsent(model.name(), name -> new ArrayList<>()).add(model.version()));
        return served;
    }

    /**
     * Stops accepting requests (new ones are answered with 503) and waits until those in progress have been answered.
     *
     * @return whether all were answered in the time that {@link Builder#grace} gives
     */
    public boolean drain() {
        models.forEach(served -> served.lane().hurry());
        return gate.drain(settings.grace());
    }

    private static void watch(ModelFolder folder, Duration interval) {
        while (true) {
            try {
                Thread.sleep(interval);
                folder.look();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the server ends, and this with it
                return;
            } catch (Throwable e) { // whatever a look throws, others follow
                LOG.log(Level.ERROR, "looking for new models failed", e);
            }
        }
    }

    /** Drains the server, if that has not happened, and stops it. */
    @Override
    public void close() {
        drain();
        Thread watching = watcher;
        if (watching != null) {
            watching.interrupt();
        }
        web.stop();
        models.close();
    }

    /** Says what a server serves and how. */
    public static final class Builder {
        private static final long LARGEST_BODY = 1 << 26;

        private final List<Named> models = new ArrayList<>();
        private String host = "127.0.0.1";
        private int port;
        private Batching batching = Batching.usual();
        private long largestBody = LARGEST_BODY;
        private long memory = Runtime.getRuntime().maxMemory() / 2;
        private int connections = Newcomers.most();
        private Duration patience = Duration.ofSeconds(75);
        private Duration sending = Duration.ofSeconds(60);
        private Duration deadline = Duration.ofSeconds(30);
        private Duration grace = Duration.ofSeconds(30);
        private Duration warmUp = Duration.ofSeconds(1);
        private GenerationLimits generation = GenerationLimits.usual();
        private final List<ModelLoader> loaders =
                new ArrayList<>(List.of(ModelLoader.onnx(), ModelLoader.textGenerator()));
        private @Nullable Path folder;
        private Duration interval = Duration.ofSeconds(2);
        private @Nullable BearerToken token;
        private @Nullable SSLContext tls;
        private @Nullable Consumer<String> accessLog;
        private final List<ServerObserver> observers = new ArrayList<>();

        private record Named(String name, String version, Servable servable) {}

        private Builder() {}

        /**
         * Serves a model under a name and a version.
         *
         * @param name its name
         * @param version its version; requests that name none are for the newest, 10 being newer than 9
         * @param servable the model
         * @return this
         * @throws TensorException if the names contain characters other than letters, digits, dots, hyphens and
         *     underscores
         */
        public Builder model(String name, String version, Servable servable) {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(version, "version");
            Objects.requireNonNull(servable, "servable");
            models.add(new Named(ModelName.require(name), ModelName.require(version), servable));
            return this;
        }

        /**
         * Serves the models of a folder, {@code NAME/VERSION/model.onnx}, language models as Hugging Face has them or in
         * GGUF, and what other loaders read. The folder is
         * watched: a version that is new or changed is read, tried and only then served; one that fails is refused,
         * which is logged, and what was served stays. A version that is removed ends. A version's folder may hold
         * {@code example.json}, a request that it must answer, and {@code example-answer.json}, the answer. Names that
         * begin with a dot are left out, so that a folder can be filled under such a name and then renamed.
         *
         * @param root the folder
         * @return this
         */
        public Builder models(Path root) {
            Objects.requireNonNull(root, "root");
            this.folder = root;
            return this;
        }

        /**
         * Reads one more kind of model from the folder.
         *
         * @param loader reads it; the first loader that accepts a version's folder does
         * @return this
         */
        public Builder loader(ModelLoader loader) {
            Objects.requireNonNull(loader, "loader");
            loaders.add(loader);
            return this;
        }

        /**
         * How often the folder is looked at. A version is read when two looks have found the same files.
         *
         * @param time more than nothing, 2 seconds to begin with
         * @return this
         */
        public Builder watchEvery(Duration time) {
            this.interval = positive(time, "interval");
            return this;
        }

        private @Nullable ModelFolder openFolder(Models served, Settings settings, Metrics metrics) {
            Path root = folder;
            if (root == null) {
                return null;
            }
            ModelFolder models = new ModelFolder(root, List.copyOf(loaders), served, settings, metrics);
            models.open();
            return models;
        }

        /**
         * Requires a secret: requests must present it as {@code Authorization: Bearer TOKEN} and are answered by 401
         * otherwise, except for {@code /v2/health/live} and {@code /v2/health/ready}. Without TLS it can be overheard.
         *
         * @param secret 8 or more letters, digits and {@code -._~+/}
         * @return this
         * @throws TensorException if it has other characters
         */
        public Builder token(String secret) {
            Objects.requireNonNull(secret, "secret");
            this.token = BearerToken.of(secret);
            return this;
        }

        /**
         * Speaks HTTPS, with a certificate and its key.
         *
         * @param chain a file in PEM: the server's certificate, followed by those that signed it
         * @param key a file in PEM: its private key of kind RSA, EC or Ed25519, PKCS #8, not encrypted
         * @return this
         * @throws dev.lanewise.nn.io.BadFileException if a file can't be read or holds something else
         */
        public Builder tls(Path chain, Path key) {
            this.tls = PemFiles.context(chain, key);
            return this;
        }

        /**
         * Logs accesses: a line for each request once it is answered, with time, method, path, status, duration, model,
         * version, size of the batch, time in the queue and in the model, and trace; nothing of what was asked or
         * answered, and nothing but printable characters of ASCII.
         *
         * @param lines takes a line, from several threads at once; a slow one delays answers
         * @return this
         */
        public Builder accessLog(Consumer<String> lines) {
            Objects.requireNonNull(lines, "lines");
            this.accessLog = lines;
            return this;
        }

        /**
         * Tells somebody else what is measured for {@code /metrics}.
         *
         * @param observer is told
         * @return this
         */
        public Builder observer(ServerObserver observer) {
            Objects.requireNonNull(observer, "observer");
            observers.add(observer);
            return this;
        }

        /**
         * Listens at another address. Whoever reaches it may use the models.
         *
         * @param address an address of this machine, or 0.0.0.0 for all; 127.0.0.1 to begin with
         * @return this
         */
        public Builder host(String address) {
            Objects.requireNonNull(address, "address");
            this.host = address;
            return this;
        }

        /**
         * Listens at a given port.
         *
         * @param number the port, or 0 for any that is free
         * @return this
         * @throws TensorException if it is not from 0 to 65535
         */
        public Builder port(int number) {
            if (number < 0 || number > 65_535) {
                throw new TensorException("serve: port " + number + " (expected 0 to 65535); choose another one");
            }
            this.port = number;
            return this;
        }

        /**
         * Puts requests together in another way than {@link Batching#usual()}.
         *
         * @param how for all models
         * @return this
         */
        public Builder batching(Batching how) {
            Objects.requireNonNull(how, "how");
            this.batching = how;
            return this;
        }

        /**
         * Generates more or less text at once than {@link GenerationLimits#usual()}.
         *
         * @param limits for all models
         * @return this
         */
        public Builder generation(GenerationLimits limits) {
            Objects.requireNonNull(limits, "limits");
            this.generation = limits;
            return this;
        }

        /**
         * Limits bodies; larger ones are answered by 413.
         *
         * @param bytes from 1 to 1 GiB, 64 MiB to begin with
         * @return this
         * @throws TensorException if it is not from 1 byte to 1 GiB
         */
        public Builder largestBody(long bytes) {
            if (bytes < 1 || bytes > 1 << 30) {
                throw new TensorException("serve: bodies of " + bytes + " bytes (expected 1 to 1 GiB); correct it");
            }
            this.largestBody = bytes;
            return this;
        }

        /**
         * Limits the memory on the Java heap that all requests take together, for bodies, tensors and answers. A request
         * that would exceed it alone is answered by 413, and one that would together with others by 429.
         *
         * @param bytes 1 or more, half of the heap to begin with
         * @return this
         * @throws TensorException if it is less than 1
         */
        public Builder memory(long bytes) {
            if (bytes < 1) {
                throw new TensorException("serve: " + bytes + " bytes of memory (expected 1 or more); correct it");
            }
            this.memory = bytes;
            return this;
        }

        /**
         * Limits how many connections are open at the same time; further ones wait until one is closed. Without descriptors
         * for files and sockets a server could accept none any more.
         *
         * @param most 1 or more; to begin with half of the descriptors that the process may still open, at most 10,000
         * @return this
         * @throws TensorException if it is less than 1
         */
        public Builder connections(int most) {
            if (most < 1) {
                throw new TensorException("serve: " + most + " connections (expected 1 or more); correct it");
            }
            this.connections = most;
            return this;
        }

        /**
         * Limits how long a connection may wait for a request, until its header has come whole; then the connection is closed.
         *
         * @param most more than zero and at most a day; 75 seconds to begin with
         * @return this
         */
        public Builder idle(Duration most) {
            this.patience = positive(most, "idle time");
            return this;
        }

        /**
         * Limits how long a request takes, in the queue and while it is computed; one that takes longer is answered by
         * 504. A request may ask for less by its parameter {@code timeout}, in microseconds.
         *
         * @param most more than zero and at most a day; 30 seconds by default
         * @return this
         */
        public Builder deadline(Duration most) {
            this.deadline = positive(most, "deadline");
            return this;
        }

        /**
         * How long to wait, when the server ends, for the requests being answered.
         *
         * @param most more than zero and at most a day; 30 seconds by default
         * @return this
         */
        public Builder grace(Duration most) {
            this.grace = positive(most, "grace");
            return this;
        }

        /** How long a client may take to take an answer in; a minute to begin with. */
        Builder sending(Duration most) {
            this.sending = positive(most, "time to send");
            return this;
        }

        private static Duration positive(Duration time, String what) {
            if (time.isNegative() || time.isZero() || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new TensorException(
                        "serve: " + what + " " + time + " (expected more than zero and at most a day); correct it");
            }
            return time;
        }

        /**
         * How long a model runs an example before it is served, so that the JVM has compiled what requests run. The first server
         * of a process also answers requests of its own for so long, at most a second, before it starts; with no time it does not.
         *
         * @param time 1 second to begin with; more for large models
         * @return this
         * @throws TensorException if the time is negative or more than a day
         */
        public Builder warmUp(Duration time) {
            if (time.isNegative() || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new TensorException("serve: warm-up " + time + " (expected no time to a day); correct it");
            }
            this.warmUp = time;
            return this;
        }

        /**
         * Tries the models and starts the server.
         *
         * @return the server, which accepts requests
         * @throws TensorException if there is no model, one given by {@link #model} computes no example, or the address
         *     is unknown
         * @throws dev.lanewise.nn.io.BadFileException if the folder can't be listed
         */
        public Server start() {
            if (models.isEmpty() && folder == null) {
                throw new TensorException("serve: no model (expected one or more); add one by model() or models()");
            }
            checkHost();
            Rehearsal.hold(warmUp);
            Settings settings = new Settings(
                    host,
                    port,
                    batching,
                    largestBody,
                    memory,
                    deadline,
                    grace,
                    warmUp,
                    generation,
                    new CacheMemory(generation.cacheBytes()));
            return new Server(settings, this);
        }

        private void checkHost() {
            try {
                InetAddress.getByName(host);
            } catch (UnknownHostException e) {
                throw new TensorException(
                        "serve: unknown host '" + host
                                + "' (expected an address or name of this machine, or 0.0.0.0 for all); choose another one",
                        e);
            }
        }
    }
}
