package dev.lanewise.serve.http;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.TensorException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request that is not answered as it was meant; the client is told the status and the message. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final Logger LOG = System.getLogger("dev.lanewise.serve.Server");

    /** The status of a request without the token. */
    public static final int UNAUTHORIZED = 401;

    private final int status;
    private final long retrySeconds;

    private Refusal(int status, long retrySeconds, String message, @Nullable Throwable cause) {
        // a refusal is an answer: nobody reads where it came from
        super(message, cause, false, false);
        this.status = status;
        this.retrySeconds = retrySeconds;
    }

    /** The request is wrong. */
    public static Refusal bad(String message) {
        return new Refusal(400, 0, message, null);
    }

    /** The request is wrong, as something else has noticed. */
    public static Refusal bad(String message, Throwable cause) {
        return new Refusal(400, 0, message, cause);
    }

    /** The request lacks the token. */
    public static Refusal unauthorized(String message) {
        return new Refusal(UNAUTHORIZED, 0, message, null);
    }

    /** Nothing is at this address. */
    public static Refusal notFound(String message) {
        return new Refusal(404, 0, message, null);
    }

    /** The request is larger than is accepted. */
    public static Refusal tooLarge(String message) {
        return new Refusal(413, 0, message, null);
    }

    /** There is more to do than is accepted. */
    public static Refusal busy(String message, Duration retryAfter) {
        return new Refusal(429, Math.max(1, retryAfter.toSeconds()), message, null);
    }

    /** The server, or the model, is at fault. */
    public static Refusal failed(String message, Throwable cause) {
        return new Refusal(500, 0, message, cause);
    }

    /** The server, or the model, can't answer now. */
    public static Refusal unavailable(String message) {
        return new Refusal(503, 1, message, null);
    }

    /** What a model has thrown; a failure that is not the request's is logged. */
    public static Refusal ofModel(Throwable e) {
        String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
        return switch (e) {
            case Refusal refusal -> refusal;
            case OutOfMemoryError heap -> unavailable("the server's heap is full; try again");
            case OutOfTensorMemoryException memory -> unavailable("not enough memory: " + message);
            case TensorException wrong -> bad("the model can't take this: " + message, wrong);
            default -> {
                LOG.log(Level.ERROR, "a model failed", e);
                yield failed("the model failed; see the server's log", e);
            }
        };
    }

    /** There was no answer in time. */
    public static Refusal late(String message) {
        return new Refusal(504, 0, message, null);
    }

    /** The status of the answer. */
    public int status() {
        return status;
    }

    /** Its reason in a word or two, for metrics. */
    public String kind() {
        return switch (status) {
            case 400 -> "invalid";
            case UNAUTHORIZED -> "unauthorized";
            case 404 -> "not_found";
            case 413 -> "too_large";
            case 429 -> "busy";
            case 503 -> "unavailable";
            case 504 -> "late";
            default -> "failed";
        };
    }

    /** When to try again; 0 if that would not help. */
    public long retrySeconds() {
        return retrySeconds;
    }

    /** What the client is told. */
    public String text() {
        String message = getMessage();
        return message == null ? "refused" : message;
    }
}
