package dev.lanewise.serve;

import dev.lanewise.serve.generate.GenerationLane;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model, being served.
 *
 * @param lane computes tensors
 * @param generation generates texts; null if the model does not
 * @param since when it began to be served, in seconds of Unix time
 */
record Served(
        String name,
        String version,
        Servable servable,
        Signature signature,
        Lane lane,
        @Nullable GenerationLane generation,
        long since)
        implements AutoCloseable {
    private static final long MILLIS = 1_000;

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
        Together together = Trial.run(servable, example, settings.batching().largest(), settings.warmUp());
        GenerationLane generation = null;
        if (servable instanceof GeneratingServable generating) {
            generating.tryOut();
            generation = generation(name, version, generating, settings, metrics);
        }
        Lane lane = new Lane(name + "/" + version, servable, together, settings.batching(), metrics.batchesOf(name));
        long now = System.currentTimeMillis() / MILLIS;
        return new Served(name, version, servable, servable.signature(), lane, generation, now);
    }

    private static GenerationLane generation(
            String name, String version, GeneratingServable servable, Settings settings, Metrics metrics) {
        GenerationLimits limits = settings.generation();
        var bounds =
                new GenerationLane.Bounds(limits.sequences(), limits.queue(), limits.newTokens(), limits.deadline());
        return new GenerationLane(
                name + "/" + version, servable.generator(), bounds, settings.cacheMemory(), metrics.textsOf(name));
    }

    /** Accepts nothing more; tensors that were accepted are computed, texts continue on their own thread. */
    void retire() {
        if (generation != null) {
            generation.retire();
        }
        lane.close();
    }

    /** Stops accepting requests: tensors that were accepted are still computed, and texts that are not complete are ended. */
    @Override
    public void close() {
        lane.close();
        if (generation != null) {
            generation.close();
        }
    }
}
