package dev.lanewise.serve;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers to what is no HTTP, or ends in the middle, so that there is no request yet. It is always the client's fault:
 * whatever goes wrong later is answered by {@link Reception}.
 */
final class WrongHttp implements DirectHandler {
    private final Metrics metrics;
    private final @Nullable Consumer<String> log;

    private WrongHttp(Metrics metrics, @Nullable Consumer<String> log) {
        this.metrics = metrics;
        this.log = log;
    }

    /**
     * Handlers of all that may be wrong.
     *
     * @param log where to write a line for each, or null for nowhere
     */
    static DirectHandlers handlers(Metrics metrics, @Nullable Consumer<String> log) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, new WrongHttp(metrics, log));
        }
        return handlers.build();
    }

    @Override
    public TransportResponse handle(
            TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, String message) {
        boolean blamesServer = status.code() >= 500 && type != EventType.HTTP_VERSION_NOT_SUPPORTED;
        Status told = blamesServer ? Status.BAD_REQUEST_400 : status;
        metrics.failed(told.code() == 413 ? "too_large" : "invalid");
        metrics.answered("none", "", told.code(), 0);
        Consumer<String> lines = log;
        if (lines != null) {
            lines.accept(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " - - " + told.code() + " ms=0.000");
        }
        // the message is not repeated: it may be made of what was sent
        return TransportResponse.builder()
                .headers(headers)
                .status(told)
                .header(HeaderNames.CONTENT_TYPE, OpenInference.JSON)
                .keepAlive(false)
                .entity(AnswerWriter.error("no request in HTTP/1.1 that this server takes: " + told.reasonPhrase()))
                .build();
    }
}
