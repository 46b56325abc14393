package dev.lanewise.bench.gpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which steps to run, and how long each may take. Profiles begin with their short steps: what a machine that is lost early,
 * or a step that hangs, can take from the others is then the least.
 *
 * @param steps in their order
 * @param facts seconds for asking the machine what it is
 * @param total seconds for everything together
 */
record Schedule(List<Planned> steps, int facts, int total) {
    /**
     * A step.
     *
     * @param seconds the most it may take
     */
    record Planned(GpuStep step, int seconds) {}

    /**
     * Seconds in which the device has to answer at all. A machine that has just been started reads libraries from a cold
     * disk, for everything else that is asked at the same time too; without an answer nothing can be run.
     */
    static final int PATIENCE = 60;

    /** The first minutes on a GPU, 240 seconds with the start and the end of the check itself: whether anything is wrong. */
    static final Schedule FIRST = of(
            25,
            230,
            new Planned(GpuStep.PROPERTIES, 10),
            new Planned(GpuStep.THREADS, 20),
            new Planned(GpuStep.LEAK, 25),
            new Planned(GpuStep.ATTENTION, 30),
            new Planned(GpuStep.CAPTURED, 55),
            new Planned(GpuStep.GOLDEN, 65));

    /** What follows when the first has passed, in 400 seconds with start and end: every operation, and times. */
    static final Schedule SECOND = of(
            20,
            385,
            new Planned(GpuStep.TRAIN_FP32, 95),
            new Planned(GpuStep.TRAIN_BF16, 95),
            new Planned(GpuStep.CONFORMANCE, 175));

    /** Every step with its own limit. */
    static final Schedule ALL = ofSteps(Arrays.stream(GpuStep.values())
            .map(step -> new Planned(step, step.seconds))
            .toList());

    /** Everything that has a name of its own. */
    static final Map<String, Schedule> PROFILES = profiles();

    private static Map<String, Schedule> profiles() {
        Map<String, Schedule> profiles = new LinkedHashMap<>();
        profiles.put("first", FIRST);
        profiles.put("second", SECOND);
        profiles.put("all", ALL);
        return profiles;
    }

    private static Schedule of(int facts, int total, Planned... steps) {
        return new Schedule(List.of(steps), facts, total);
    }

    private static Schedule ofSteps(List<Planned> steps) {
        return new Schedule(
                steps,
                PATIENCE,
                PATIENCE + steps.stream().mapToInt(Planned::seconds).sum());
    }

    /**
     * What names ask for: profiles and steps, a step also with its limit, as {@code golden=60}; the first profile where there
     * are none.
     *
     * @throws IllegalArgumentException for a name that is none
     */
    static Schedule of(List<String> names) {
        if (names.isEmpty()) {
            return FIRST;
        }
        if (names.size() == 1 && PROFILES.containsKey(names.getFirst())) {
            return PROFILES.get(names.getFirst());
        }
        List<Planned> steps = new ArrayList<>();
        for (String name : names) {
            Schedule profile = PROFILES.get(name);
            if (profile == null) {
                steps.add(planned(name));
            } else {
                steps.addAll(profile.steps);
            }
        }
        return ofSteps(steps);
    }

    private static Planned planned(String name) {
        int equals = name.indexOf('=');
        String id = equals < 0 ? name : name.substring(0, equals);
        Optional<GpuStep> step = GpuStep.of(id);
        if (step.isEmpty()) {
            throw new IllegalArgumentException("unknown step '" + id + "' (expected some of "
                    + String.join(", ", PROFILES.keySet()) + ", " + String.join(", ", GpuStep.ids()) + ")");
        }
        return new Planned(step.get(), equals < 0 ? step.get().seconds : seconds(name.substring(equals + 1), name));
    }

    private static int seconds(String text, String name) {
        boolean isNumber = !text.isEmpty()
                && text.length() <= 6
                && IntStream.range(0, text.length()).allMatch(i -> text.charAt(i) >= '0' && text.charAt(i) <= '9');
        int seconds = isNumber ? Integer.parseInt(text) : 0;
        if (seconds < 1) {
            throw new IllegalArgumentException(
                    "'" + name + "': limit '" + text + "' (expected seconds, as in golden=60)");
        }
        return seconds;
    }

    /** The same steps, each with at most so many seconds, or all together. */
    Schedule within(int stepSeconds, int totalSeconds) {
        List<Planned> limited = steps.stream()
                .map(planned -> new Planned(planned.step, Math.min(planned.seconds, stepSeconds)))
                .toList();
        return new Schedule(limited, Math.min(facts, totalSeconds), Math.min(total, totalSeconds));
    }
}
