package dev.lanewise.bench.serving;

import dev.lanewise.serve.GenerationLimits;
import dev.lanewise.serve.Server;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A server under load whose models are exchanged while some of its clients go away.
 *
 * @param time how long
 * @param exchange how often versions are exchanged
 * @param clients of each kind
 * @param say takes lines on what happens
 */
record Soak(Duration time, Duration exchange, int clients, Consumer<String> say) {
    private static final List<String> PROMPTS =
            List.of("cats", "dogs run", "ships sail far away", "sleep all day long", "run run run");
    private static final int TOKENS = 24;
    private static final Duration WATCH = Duration.ofMillis(500);
    private static final long NANOS_PER_MILLI = 1_000_000;

    /**
     * What was seen.
     *
     * @param held whether all was as it should be
     */
    record Seen(SoakCounts counts, boolean held) {}

    /**
     * Puts the server under load.
     *
     * @param temporary an empty folder
     */
    Seen run(Path temporary) throws IOException, InterruptedException {
        ExchangedModels models = new ExchangedModels(temporary);
        Map<String, String> texts = new LinkedHashMap<>();
        PROMPTS.forEach(prompt -> texts.put(prompt, models.continued(prompt, TOKENS)));
        SoakCounts counts = new SoakCounts();
        MemorySamples memory = new MemorySamples();
        // two looks find the same files before a version is read
        Duration often = exchange.dividedBy(4);
        boolean drained;
        try (Server server = Server.builder()
                .models(models.root())
                .watchEvery(often.compareTo(WATCH) < 0 ? often : WATCH)
                .warmUp(Duration.ofMillis(100))
                .generation(GenerationLimits.usual().withQueue(2 * clients))
                .start()) {
            long end = System.nanoTime() + time.toNanos();
            var all = new SoakClients(server.port(), end, TOKENS, texts, counts);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                start(threads, all::askForTensors);
                start(threads, all::askForTexts);
                start(threads, all::goAway);
                while (System.nanoTime() < end) {
                    long left = (end - System.nanoTime()) / NANOS_PER_MILLI;
                    Thread.sleep(Math.max(1, Math.min(exchange.toMillis(), left)));
                    models.exchange();
                    say.accept(counts + "; " + memory.take());
                }
            }
            drained = server.drain();
        }
        counts.faults().forEach(say);
        memory.grown().forEach(say);
        if (!drained) {
            say.accept("the server did not drain");
        }
        say.accept(String.format(
                Locale.ROOT, "%s; process %+.2f MiB per minute in the last half", counts, memory.mibPerMinute()));
        return new Seen(counts, counts.faultCount() == 0 && memory.grown().isEmpty() && drained);
    }

    private void start(ExecutorService threads, LongConsumer client) {
        for (int i = 0; i < clients; i++) {
            int seed = i;
            threads.execute(() -> client.accept(seed));
        }
    }
}
