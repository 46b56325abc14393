package dev.lanewise.examples.serve;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.examples.Usage;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.serve.Batching;
import dev.lanewise.serve.GenerationLimits;
import dev.lanewise.serve.Server;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise serve --models FOLDER}. */
@Command(
        name = "serve",
        description = {
            "Serve models over HTTP until a signal ends it: by the Open Inference Protocol, and models of texts by"
                    + " OpenAI's /v1/embeddings, /v1/completions and /v1/chat/completions.",
            "SIGTERM and Ctrl-C drain: what was accepted is answered, and the exit code is 0."
        },
        sortOptions = false)
public final class ServeCommand implements Callable<Integer> {
    private static final String TOKEN_KIND = "a file of one line, the token";
    private static final int LONGEST_TOKEN = 4_098;
    private static final int MIB_BITS = 20;

    /** Held here, as a logger that nobody holds loses its level. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--models",
            paramLabel = "FOLDER",
            required = true,
            description = {
                "A folder NAME/VERSION/..., which is watched. A version holds model.onnx, what"
                        + " 'lanewise train --save' wrote, an encoder of texts or a language model with its tokenizer, or"
                        + " NAME.gguf; it may hold example.json, a request that must be answered, and example-answer.json, the answer."
            })
    private Path models = Path.of("");

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Where to listen. Default: 127.0.0.1.")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "N", description = "Where to listen; 0: a free port. Default: 8000.")
    private int port = 8_000;

    @Option(names = "--token-file", paramLabel = "FILE", description = "Requests must present the token in this file.")
    private @Nullable Path tokenFile;

    @Option(names = "--tls-chain", paramLabel = "FILE", description = "Speak HTTPS, with this certificate (PEM).")
    private @Nullable Path chain;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The certificate's private key (PEM, PKCS #8).")
    private @Nullable Path key;

    @Option(names = "--batch", paramLabel = "ROWS", description = "The most rows computed together. Default: 32.")
    private int batch = Batching.usual().largest();

    @Option(
            names = "--bucket",
            paramLabel = "TOKENS",
            description = "Token sequences whose lengths round up to the same multiple of this are padded and computed"
                    + " together, where that changes no answer. 1: only the same lengths. Default: 16.")
    private int bucket = Batching.usual().bucket();

    @Option(names = "--wait", paramLabel = "MS", description = "How long a request waits for others. Default: 0.")
    private int waitMillis;

    @Option(
            names = "--queue",
            paramLabel = "N",
            description = "The most requests that wait; more get 429. Default: 256.")
    private int queue = Batching.usual().queue();

    @Option(names = "--texts", paramLabel = "N", description = "Most texts generated at once per model. Default: 16.")
    private int texts = GenerationLimits.usual().sequences();

    @Option(
            names = "--texts-queue",
            paramLabel = "N",
            description = "The most requests for texts that wait, per model; more get 429. Default: 64.")
    private int textsQueue = GenerationLimits.usual().queue();

    @Option(
            names = "--texts-memory",
            paramLabel = "MIB",
            description = "The most memory for keys and values of all texts. Default: 1024.")
    private long textsMemory = GenerationLimits.usual().cacheBytes() >> MIB_BITS;

    @Option(names = "--texts-deadline", paramLabel = "SECONDS", description = "How long a text may take. Default: 300.")
    private long textsDeadline = GenerationLimits.usual().deadline().toSeconds();

    @Option(
            names = "--new-tokens",
            paramLabel = "N",
            description = "Tokens of an answer in a conversation whose request does not say how many. Default: 1024.")
    private int newTokens = GenerationLimits.usual().newTokens();

    @Option(names = "--deadline", paramLabel = "SECONDS", description = "How long a request may take. Default: 30.")
    private int deadline = 30;

    @Option(
            names = "--idle",
            paramLabel = "SECONDS",
            description = "How long a connection waits for a request's header. Default: 75.")
    private int idle = 75;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description =
                    "The most connections at the same time. Default: half of the free descriptors, at most 10000.")
    private @Nullable Integer connections;

    @Option(names = "--grace", paramLabel = "SECONDS", description = "How long draining may take. Default: 30.")
    private int grace = 30;

    @Option(names = "--warm-up", paramLabel = "SECONDS", description = "How long a model computes first. Default: 1.")
    private int warmUp = 1;

    @Option(names = "--watch", paramLabel = "SECONDS", description = "How often to look at the folder. Default: 2.")
    private int watch = 2;

    @Option(names = "--no-access-log", description = "Print no line for each request.")
    private boolean quiet;

    @Option(names = "--json", description = "Print where it listens and what it serves as one JSON object.")
    private boolean json;

    /** Called by the command line. */
    public ServeCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if ((chain == null) != (key == null)) {
            throw new ParameterException(
                    spec.commandLine(), "one of --tls-chain and --tls-key (expected both or neither)");
        }
        logInOneLine();
        Server server = builder().start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server), "drain"));
        warnIfOpen();
        announce(server);
        // until a signal ends the process
        new CountDownLatch(1).await();
        return 0;
    }

    private Server.Builder numbers() {
        long most = Long.MAX_VALUE >> MIB_BITS;
        Usage.check(
                spec, "--texts-memory", textsMemory, textsMemory >= 1 && textsMemory <= most, "1 to " + most + " MiB");
        Server.Builder builder = Server.builder();
        if (connections != null) {
            builder.connections(connections);
        }
        return builder.models(models)
                .loader(new EncoderLoader())
                .loader(new SavedModelLoader())
                .host(host)
                .port(port)
                .batching(Batching.usual()
                        .withLargest(batch)
                        .withBucket(bucket)
                        .withLongestWait(Duration.ofMillis(waitMillis))
                        .withQueue(queue))
                .generation(new GenerationLimits(
                        texts, textsQueue, textsMemory << MIB_BITS, newTokens, Duration.ofSeconds(textsDeadline)))
                .deadline(Duration.ofSeconds(deadline))
                .idle(Duration.ofSeconds(idle))
                .grace(Duration.ofSeconds(grace))
                .warmUp(Duration.ofSeconds(warmUp))
                .watchEvery(Duration.ofSeconds(watch));
    }

    private Server.Builder builder() {
        Server.Builder builder = Usage.settings(spec, this::numbers);
        Path secret = tokenFile;
        if (secret != null) {
            builder.token(token(secret));
        }
        Path certificates = chain;
        Path privateKey = key;
        if (certificates != null && privateKey != null) {
            builder.tls(certificates, privateKey);
        }
        if (!quiet) {
            PrintWriter err = spec.commandLine().getErr();
            builder.accessLog(err::println);
        }
        return builder;
    }

    private static String token(Path file) {
        try {
            long length = InputLimits.length(file, TOKEN_KIND);
            if (length > LONGEST_TOKEN) {
                throw new BadFileException(file, length + " bytes", TOKEN_KIND, "give another file");
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw BadFileException.unreadable(file, TOKEN_KIND, e);
        }
    }

    /** The server's own remarks, a line each, among those of accesses. */
    private static void logInOneLine() {
        if (System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL%1$tz %4$s %5$s%6$s%n");
            HELIDON.setLevel(Level.WARNING);
        }
    }

    private void warnIfOpen() {
        boolean loopback;
        try {
            loopback = InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            loopback = false;
        }
        if (!loopback && tokenFile == null) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("lanewise: whoever reaches " + host + " may use the models; --token-file requires a secret");
        }
    }

    private void announce(Server server) {
        PrintWriter out = spec.commandLine().getOut();
        String url = (chain == null ? "http://" : "https://") + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + server.port();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("url", url);
            fields.put("models", server.models());
            out.println(JsonLine.of(fields));
        } else {
            String names = server.models().entrySet().stream()
                    .map(model -> model.getKey() + " " + String.join(", ", model.getValue()))
                    .collect(Collectors.joining("; "));
            out.println(Output.oneLine("listening at " + url + " with " + (names.isEmpty() ? "no model yet" : names)));
        }
        out.flush();
    }

    /** Without the status of the signal: the process has done all that it was asked to. */
    private void end(Server server) {
        boolean drained = server.drain();
        server.close();
        PrintWriter err = spec.commandLine().getErr();
        err.println(drained ? "lanewise: drained" : "lanewise: some requests were not answered within " + grace + " s");
        err.flush();
        Runtime.getRuntime().halt(drained ? 0 : 1);
    }
}
