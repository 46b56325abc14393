package dev.lanewise.serve;

import dev.lanewise.serve.generate.GenerationJob;
import dev.lanewise.serve.http.BodyReader;
import dev.lanewise.serve.http.Caller;
import dev.lanewise.serve.http.Gate;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.serve.http.SlowCallers;
import dev.lanewise.serve.http.TraceContext;
import dev.lanewise.serve.http.WatchedConnections;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A request and its answer, and what is noted of them for metrics and the log of accesses. */
final class Exchange {
    private static final int LONGEST_PATH = 200;
    private static final int LONGEST_METHOD = 20;
    private static final double MILLIS = 1e-6;
    final ServerRequest request;
    final ServerResponse response;
    final Caller caller = WatchedConnections.current();

    private final Instant time = Instant.now();
    private final long begun = System.nanoTime();
    private final @Nullable TraceContext trace;
    private final Duration sending;
    private @Nullable Gate gate;
    private @Nullable Served served;
    private @Nullable Answer answer;
    private @Nullable Text text;
    private boolean asksForBody;
    private int status;

    private record Text(int promptTokens, int newTokens, long queueNanos) {}

    /**
     * An exchange that begins.
     *
     * @param trace that it belongs to, or null if to none
     * @param sending how long the client may take to take an answer in, or a piece of one
     */
    Exchange(ServerRequest request, ServerResponse response, @Nullable TraceContext trace, Duration sending) {
        this.request = request;
        this.response = response;
        this.trace = trace;
        this.sending = sending;
    }

    /**
     * Enters a gate, which the server waits for when it drains: until the answer is sent and logged.
     *
     * @throws Refusal if the server drains
     */
    void enter(Gate entered) {
        entered.enter();
        this.gate = entered;
    }

    /** Leaves the gate that was entered, if one was. */
    void leave() {
        Gate entered = gate;
        if (entered != null) {
            entered.leave();
        }
    }

    /** Notes which model is asked. */
    void asks(Served model) {
        this.served = model;
    }

    /** Notes what the model has answered. */
    void has(Answer computed) {
        this.answer = computed;
    }

    /** Notes the text that the model has generated. */
    void generated(int promptTokens, GenerationJob.Event.End end) {
        this.text = new Text(promptTokens, end.tokens(), end.queueNanos());
    }

    /** Notes that an answer was sent piece by piece, with status 200. */
    void streamed() {
        this.status = 200;
    }

    /**
     * Reads the body.
     *
     * @throws Refusal if it is too large, or there is no memory for it now
     */
    byte[] body(Settings settings, MemoryBudget.Lease memory) {
        asksForBody = true;
        BodyReader reader = new BodyReader(settings.largestBody(), memory);
        return SlowCallers.within(settings.deadline(), caller, () -> reader.read(request, response));
    }

    /**
     * Reads a body that nobody has asked for, before its connection is closed: with something unread the system would reset it, and
     * the client might lose its answer.
     */
    void forgetBody() {
        if (!asksForBody && request.content().hasEntity()) {
            try {
                request.content().consume();
            } catch (RuntimeException e) {
                // the connection ends in any case
                return;
            }
        }
    }

    /** Sends the answer; its other headers are set before. */
    void send(int code, String type, byte[] body) {
        response.status(code).header(HeaderNames.CONTENT_TYPE, type);
        if (request.prologue().method().equals(Method.HEAD)) {
            response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                    .send();
        } else {
            // even a short one: the system keeps those that the client has not taken in, and has room for so many
            SlowCallers.within(sending, caller, () -> {
                response.send(body);
                return code;
            });
        }
        this.status = code;
    }

    /** Sends a piece of an answer that is sent piece by piece. */
    void sendPiece(OutputStream out, byte[] piece) {
        SlowCallers.within(sending, caller, () -> {
            try {
                out.write(piece);
                out.flush();
                return piece;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** What was sent, or 0 if nothing was because the client went away. */
    int status() {
        return status;
    }

    /** The name of the model that is asked, empty if it is none that is served. */
    String model() {
        Served model = served;
        return model == null ? "" : model.name();
    }

    long nanos() {
        return System.nanoTime() - begun;
    }

    /** One line for the log: nothing of what was asked or answered, and no character that a client could steer it by. */
    String line() {
        StringBuilder line = new StringBuilder(240)
                .append(time.truncatedTo(ChronoUnit.MILLIS))
                .append(' ')
                .append(cut(request.prologue().method().text(), LONGEST_METHOD))
                .append(' ')
                .append(printable(request.path().rawPath()))
                .append(' ')
                .append(status);
        millis(line, "ms", nanos());
        Served model = served;
        if (model != null) {
            line.append(" model=").append(model.name()).append(" version=").append(model.version());
        }
        Answer computed = answer;
        if (computed != null) {
            line.append(" batch=").append(computed.rows());
            millis(line, "queue_ms", computed.queueNanos());
            millis(line, "compute_ms", computed.computeNanos());
        }
        Text generated = text;
        if (generated != null) {
            line.append(" prompt_tokens=").append(generated.promptTokens());
            line.append(" new_tokens=").append(generated.newTokens());
            millis(line, "queue_ms", generated.queueNanos());
        }
        TraceContext context = trace;
        if (context != null) {
            line.append(" trace=").append(context.trace()).append(" span=").append(context.span());
        }
        return line.toString();
    }

    private static void millis(StringBuilder line, String name, long nanos) {
        line.append(' ').append(name).append('=').append(String.format(Locale.ROOT, "%.3f", nanos * MILLIS));
    }

    private static String printable(String path) {
        return cut(path, LONGEST_PATH).replaceAll("[^\\x21-\\x7e]", "?");
    }

    private static String cut(String text, int longest) {
        return text.length() > longest ? text.substring(0, longest) + "..." : text;
    }
}
