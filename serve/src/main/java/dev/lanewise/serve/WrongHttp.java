package dev.lanewise.serve;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;

/**
 * Answers to what is no HTTP, or ends in the middle, so that there is no request yet. It is always the client's fault:
 * whatever goes wrong later is answered by {@link Reception}.
 */
final class WrongHttp implements DirectHandler {
    private final Metrics metrics;

    private WrongHttp(Metrics metrics) {
        this.metrics = metrics;
    }

    static DirectHandlers handlers(Metrics metrics) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, new WrongHttp(metrics));
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
