package dev.lanewise.serve;

import java.util.function.LongSupplier;

/**
 * Is told of what a server does, for systems of measurement other than Prometheus, which asks {@code /metrics};
 * {@link dev.lanewise.serve.micrometer.MicrometerObserver} passes it on to Micrometer. Methods are called by many threads
 * at once, and a slow one delays answers; what they throw is logged once, and otherwise ignored. Models are those that are
 * served, and other texts of requests are never passed.
 */
public interface ServerObserver {
    /**
     * A request has been answered.
     *
     * @param route what was asked for, such as {@code infer}
     * @param model the model's name, empty if none was asked
     * @param status of HTTP; 0 if the client went away
     * @param nanos from the request's header to the end of its answer
     */
    default void answered(String route, String model, int status, long nanos) {}

    /**
     * A request was not answered as it was meant.
     *
     * @param kind the reason, such as {@code busy}
     */
    default void refused(String kind) {}

    /**
     * A version of a model was read from the folder.
     *
     * @param model the model's name
     * @param isServed whether it is served now; otherwise it was refused
     */
    default void loaded(String model, boolean isServed) {}

    /**
     * A request, or a text that is to be generated, has left the queue.
     *
     * @param model the model's name
     * @param nanos how long it was there
     */
    default void waited(String model, long nanos) {}

    /**
     * Rows were computed together; of texts that are generated, a token of each.
     *
     * @param model the model's name
     * @param rows how many
     * @param nanos how long it took
     */
    default void computed(String model, long rows, long nanos) {}

    /**
     * A text has ended, whether it is complete or nobody waited for it any more.
     *
     * @param model the model's name
     * @param promptTokens how many tokens were continued
     * @param newTokens how many were generated
     */
    default void generated(String model, int promptTokens, int newTokens) {}

    /**
     * Registers a number that can be read at any time; called once for each number when the server starts.
     *
     * @param name as in {@code /metrics}, without {@code lanewise_}
     * @param help what it is
     * @param value the number
     */
    default void gauge(String name, String help, LongSupplier value) {}
}
