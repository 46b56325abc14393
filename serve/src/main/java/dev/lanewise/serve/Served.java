package dev.lanewise.serve;

import org.jspecify.annotations.Nullable;

/** One version of a model, being served. */
record Served(String name, String version, Servable servable, Signature signature, Lane lane) implements AutoCloseable {
    /**
     * Tries a model and starts its lane.
     *
     * @param example what it is known to answer, or null to make a request up
     * @throws dev.lanewise.tensor.TensorException if it fails the trial
     */
    static Served start(
            String name,
            String version,
            Servable servable,
            @Nullable Example example,
            Settings settings,
            Metrics metrics) {
        boolean together = Trial.run(servable, example, settings.batching().largest(), settings.warmUp());
        Lane lane = new Lane(name + "/" + version, servable, together, settings.batching(), metrics.batchesOf(name));
        return new Served(name, version, servable, servable.signature(), lane);
    }

    /** Answers what has been accepted, and accepts nothing more. */
    @Override
    public void close() {
        lane.close();
    }
}
