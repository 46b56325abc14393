package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Main;
import dev.lanewise.bench.OpWorkloads;
import dev.lanewise.bench.TrainWorkload;
import java.util.ArrayList;
import java.util.List;

/**
 * What is measured beside PyTorch, at a pace that the time of the step allows.
 *
 * @param run the step
 * @param precision of products
 */
record Races(GpuRun run, String precision) {
    private static final String EAGER = "eager";
    private static final String GRAPHS = "graphs";
    private static final String COMPILE = "compile";

    /**
     * A program.
     *
     * @param name its column
     * @param peer whether it is PyTorch's
     * @param what {@code ops} or {@code train}
     * @param mode of training steps
     */
    private record Program(String name, boolean peer, String what, String mode) {
        static Program ours(String mode) {
            return new Program("ours_" + mode, false, "train", mode);
        }

        static Program peer(String mode, String name) {
            return new Program("pytorch_" + name, true, "train", mode);
        }

        boolean isTraining() {
            return what.equals("train");
        }

        List<String> works() {
            return !isTraining()
                    ? OpWorkloads.names()
                    : mode.equals(EAGER) ? TrainWorkload.names() : TrainWorkload.namesOfOneOptimizer();
        }

        Pace.Load load() {
            int measurements = isTraining() ? works().size() : OpWorkloads.count();
            return new Pace.Load(measurements, !peer, mode.equals(COMPILE) ? Pace.COMPILATION : Pace.PREPARATION);
        }
    }

    /** Single operations. */
    Race ops() {
        List<Program> programs =
                List.of(new Program("ours", false, "ops", EAGER), new Program("pytorch", true, "ops", EAGER));
        return race(programs, List.of(new Race.Ratio("ratio", "ours", "pytorch")));
    }

    /** Training steps, on a GPU captured ones, too. */
    Race train() {
        List<Program> programs = new ArrayList<>(List.of(Program.ours(EAGER), Program.peer(EAGER, EAGER)));
        List<Race.Ratio> ratios = new ArrayList<>(List.of(new Race.Ratio("eager", "ours_eager", "pytorch_eager")));
        if (run.isGpu()) {
            programs.add(Program.ours(GRAPHS));
            programs.add(Program.peer(GRAPHS, GRAPHS));
            ratios.add(new Race.Ratio("graphs", "ours_graphs", "pytorch_graphs"));
            ratios.add(new Race.Ratio("graphs_over_their_eager", "ours_graphs", "pytorch_eager"));
        }
        return race(programs, ratios);
    }

    /** Training steps against compiled ones. */
    Race compiled() {
        String mode = run.isGpu() ? GRAPHS : EAGER;
        List<Program> programs = List.of(Program.ours(mode), Program.peer(COMPILE, "compiled"));
        return race(programs, List.of(new Race.Ratio("compiled", "ours_" + mode, "pytorch_compiled")));
    }

    private Race race(List<Program> programs, List<Race.Ratio> ratios) {
        List<Program> there = programs.stream()
                .filter(program -> run.peer() || !program.peer())
                .toList();
        List<Pace.Load> loads = there.stream().map(Program::load).toList();
        Pace usual = programs.getFirst().isTraining() ? Pace.STEPS : Pace.OPERATIONS;
        Pace pace = run.quick() ? Pace.QUICK : usual.within(run.deadline().millisLeft() / 1e3, loads);
        List<Race.Runner> runners =
                there.stream().map(program -> runner(program, pace)).toList();
        return new Race(runners, ratios, pace.turns());
    }

    private Race.Runner runner(Program program, Pace pace) {
        String device = program.peer() && run.isGpu() ? "cuda" : run.device();
        List<String> arguments = new ArrayList<>(List.of(program.what, "--device", device, "--precision", precision));
        arguments.addAll(List.of("--rounds", "" + pace.rounds(), "--budget", "" + pace.budget()));
        if (program.isTraining()) {
            arguments.addAll(List.of("--mode", program.mode));
        }
        if (program.peer()) {
            return new Race.Runner(program.name, Child.peer(arguments), program.works());
        }
        arguments.addFirst("bench");
        arguments.addAll(List.of("--json", "--warm-up", "" + pace.warmUp()));
        return new Race.Runner(program.name, run.java(Main.class, arguments), program.works());
    }
}
