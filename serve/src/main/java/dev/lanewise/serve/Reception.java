package dev.lanewise.serve;

import dev.lanewise.serve.event.RequestEvent;
import dev.lanewise.serve.http.BearerToken;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.serve.http.TraceContext;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What every request passes: its trace, its token, refusals, metrics and the log of accesses. */
final class Reception {
    private static final HeaderName PARENT = HeaderNames.create("traceparent");
    private static final HeaderName RESPONSE = HeaderNames.create("traceresponse");
    private static final HeaderName CHALLENGE = HeaderNames.create("WWW-Authenticate");

    private static final Logger LOG = System.getLogger(Server.class.getName());

    private final Metrics metrics;
    private final @Nullable BearerToken token;
    private final @Nullable Consumer<String> log;
    private final Duration sending;

    /**
     * A reception.
     *
     * @param token what requests must present, or null if nothing
     * @param log where to write a line for each request, or null for nowhere
     * @param sending how long a client may take to take an answer in
     */
    Reception(Metrics metrics, @Nullable BearerToken token, @Nullable Consumer<String> log, Duration sending) {
        this.metrics = metrics;
        this.token = token;
        this.log = log;
        this.sending = sending;
    }

    /** What is done with a request. */
    interface Action {
        /**
         * Answers a request.
         *
         * @throws Refusal if it can't be answered as it was meant
         */
        void answer(Exchange exchange);
    }

    /** For whoever asks: what a supervisor of processes needs to know. */
    Handler open(String route, Action action) {
        return (request, response) -> handle(route, request, response, action);
    }

    /** For those who have the token, if there is one. */
    Handler guarded(String route, Action action) {
        return open(route, exchange -> {
            BearerToken required = token;
            if (required != null) {
                required.require(exchange.request
                        .headers()
                        .first(HeaderNames.AUTHORIZATION)
                        .orElse(""));
            }
            action.answer(exchange);
        });
    }

    /** Answers GET, and HEAD by the same header. */
    void get(HttpRouting.Builder routing, String path, Handler handler) {
        routing.get(path, handler).head(path, handler);
    }

    private void handle(String route, ServerRequest request, ServerResponse response, Action action) {
        TraceContext trace = TraceContext.read(request.headers().first(PARENT).orElse(null));
        if (trace != null) {
            response.header(RESPONSE, trace.response());
        }
        if (isLast(request)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        Exchange exchange = new Exchange(request, response, trace, sending);
        RequestEvent event = new RequestEvent();
        exchange.caller.served(true);
        try {
            action.answer(exchange);
        } catch (Refusal refusal) {
            refuse(exchange, refusal);
        } catch (UncheckedIOException | CloseConnectionException e) {
            throw e; // the client went away
        } catch (OutOfMemoryError e) {
            refuse(exchange, Refusal.unavailable("the server's heap is full; try again"));
        } catch (RuntimeException | StackOverflowError e) {
            if (response.isSent()) {
                throw e; // the client went away while it was told
            }
            LOG.log(Level.ERROR, "a request failed", e);
            refuse(exchange, Refusal.failed("the server failed; see its log", e));
        } finally {
            try {
                note(route, exchange);
                event.ended(route, exchange.model(), exchange.status());
            } finally {
                exchange.caller.served(false);
                exchange.leave();
            }
        }
        if (response.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            exchange.forgetBody();
            // Helidon says that it closes and waits for the next request; of a body that can't be read it would take
            // the rest for one
            throw new CloseConnectionException("the client has asked for it, or where the request ends is not known");
        }
    }

    /** Whether the client sends no other request over its connection, and may wait until that is closed. */
    private static boolean isLast(ServerRequest request) {
        return request.headers().values(HeaderNames.CONNECTION).stream()
                .anyMatch(option -> option.strip().equalsIgnoreCase("close"));
    }

    private void note(String route, Exchange exchange) {
        metrics.answered(route, exchange.model(), exchange.status(), exchange.nanos());
        Consumer<String> lines = log;
        if (lines != null) {
            lines.accept(exchange.line());
        }
    }

    /** Counts a request that is not answered as it was meant, though its status has been sent. */
    void count(Refusal refusal) {
        metrics.failed(refusal.kind());
    }

    private void refuse(Exchange exchange, Refusal refusal) {
        count(refusal);
        if (refusal.retrySeconds() > 0) {
            exchange.response.header(HeaderNames.RETRY_AFTER, Long.toString(refusal.retrySeconds()));
        }
        if (refusal.status() == Refusal.UNAUTHORIZED) {
            exchange.response.header(CHALLENGE, "Bearer");
        }
        boolean openAi = exchange.request.path().rawPath().startsWith("/v1/");
        byte[] body = openAi ? AnswerWriter.openAiError(refusal) : AnswerWriter.error(refusal.text());
        exchange.send(refusal.status(), OpenInference.JSON, body);
    }
}
